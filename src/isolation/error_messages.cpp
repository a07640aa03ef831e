#include "isolation/messages.hpp"

#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#include "media/error.hpp"

namespace reelpipe::isolation {

using nlohmann::json;

json to_message(std::exception_ptr error)
{
    const auto of = [](const char* kind, const std::exception& e, std::int64_t detail = 0) {
        return json{{"error", kind}, {"text", e.what()}, {"detail", detail}};
    };
    try {
        std::rethrow_exception(error);
    } catch (const media::error& e) {
        return of("media", e, static_cast<std::int64_t>(e.kind()));
    } catch (const media::missing_bytes& e) {
        return of("missing bytes", e, static_cast<std::int64_t>(e.offset()));
    } catch (const cut::encode_error& e) {
        return of("encode", e);
    } catch (const verify::decode_error& e) {
        return of("decode", e);
    } catch (const verify::truncated_error& e) {
        return of("truncated", e);
    } catch (const verify::verify_error& e) {
        return of("verify", e);
    } catch (const std::system_error& e) {
        return of("system", e, e.code().value());
    } catch (const std::bad_alloc& e) {
        return of("memory", e);
    } catch (const std::exception& e) {
        return of("other", e);
    }
}

bool is_error(const json& answer) { return answer.is_object(); }  // results are arrays

bool is_want_of_memory(const json& error)
{
    if (error.at("error") == "memory") return true;
    return error.at("error") == "media" && error.at("detail") == static_cast<std::int64_t>(media::fault::too_large);
}

void rethrow(const json& error)
{
    const std::string kind = error.at("error");
    const std::string text = error.at("text");
    const std::int64_t detail = error.at("detail");
    if (kind == "media") {
        if (detail < 0 || detail > static_cast<std::int64_t>(media::fault::beyond_end))
            throw std::invalid_argument("an unknown fault");
        throw media::error(static_cast<media::fault>(detail), text);
    }
    if (kind == "missing bytes") throw media::missing_bytes(static_cast<std::uint64_t>(detail));
    if (kind == "encode") throw cut::encode_error(text);
    if (kind == "decode") throw verify::decode_error(text);
    if (kind == "truncated") throw verify::truncated_error(text);
    if (kind == "verify") throw verify::verify_error(text);
    if (kind == "system") throw std::system_error(static_cast<int>(detail), std::generic_category(), text);
    if (kind == "memory")
        throw media::error(media::fault::too_large, "it needs more memory than a worker process may use");
    throw std::runtime_error(text);
}

}  // namespace reelpipe::isolation
