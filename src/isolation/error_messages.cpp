#include <cerrno>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#include "isolation/answers.hpp"
#include "isolation/message_parts.hpp"
#include "media/error.hpp"

namespace reelpipe::isolation {

using nlohmann::json;

namespace {

// Nobody asks a worker to stop. One that claims so would end the run without a word.
std::system_error system_error_in(const json& detail, const std::string& text)
{
    constexpr std::int64_t last = 4095;  // of the kernel's numbers
    const auto number = static_cast<int>(number_in(detail, 1, last));
    if (number == ECANCELED) throw std::invalid_argument("an error that no worker has");
    return {number, std::generic_category(), text};
}

}  // namespace

json to_message(std::exception_ptr error)
{
    const auto of = [](const char* kind, const std::exception& e, std::int64_t detail = 0) {
        return json{{"error", kind}, {"text", std::string(e.what()).substr(0, max_text)}, {"detail", detail}};
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

std::exception_ptr error_in(const json& error)
{
    const std::string kind = error.at("error");
    const std::string text = error.at("text").get<std::string>().substr(0, max_text);
    const json& detail = error.at("detail");
    if (kind == "media")
        return std::make_exception_ptr(media::error(
            static_cast<media::fault>(number_in(detail, 0, static_cast<std::int64_t>(media::fault::beyond_end))),
            text));
    if (kind == "missing bytes") {
        constexpr std::int64_t farthest = std::numeric_limits<std::int64_t>::max();
        return std::make_exception_ptr(
            media::missing_bytes(static_cast<std::uint64_t>(number_in(detail, 0, farthest))));
    }
    if (kind == "encode") return std::make_exception_ptr(cut::encode_error(text));
    if (kind == "decode") return std::make_exception_ptr(verify::decode_error(text));
    if (kind == "truncated") return std::make_exception_ptr(verify::truncated_error(text));
    if (kind == "verify") return std::make_exception_ptr(verify::verify_error(text));
    if (kind == "system") return std::make_exception_ptr(system_error_in(detail, text));
    if (kind == "memory")
        return std::make_exception_ptr(
            media::error(media::fault::too_large, "it needs more memory than a worker process may use"));
    if (kind == "other") return std::make_exception_ptr(std::runtime_error(text));
    throw std::invalid_argument("an unknown error");
}

}  // namespace reelpipe::isolation
