// Whatever a resolver worker passes on from a site: no reply, a reason, or a source that names http(s) URLs and says
// nothing that would be further header lines.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "fuzz/fuzzing.hpp"
#include "stages/resolve/reply.hpp"

using namespace reelpipe;
using namespace reelpipe::resolve;
using fuzzing::require;

namespace {

constexpr std::uint64_t request = 7;

bool is_one_line(std::string_view text)
{
    return std::ranges::none_of(text, [](unsigned char c) { return c < ' ' || c == '\x7f'; });
}

void check(const media_file& file)
{
    require(remote_part(file) != nullptr);
    const remote_file& remote = *remote_part(file);
    require(remote.url.starts_with("http://") || remote.url.starts_with("https://"));
    require(is_one_line(remote.url) && is_one_line(remote.cookies) && std::ranges::all_of(remote.headers, is_one_line));
    require(remote.max_range > 0);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzzing::input input(data, size);
    const std::uint64_t flags = input.number();
    const error_context around{
        .behind_proxy = (flags & 1) != 0, .runs_scripts = (flags & 2) != 0, .is_youtube_video = (flags & 4) != 0};
    try {
        if (flags & 8) {
            parse_hello(input.rest());
            return 0;
        }
        const reply said = parse_reply(input.rest(), request, around, "");
        const auto* const found = std::get_if<resolved_video>(&said.outcome);
        if (!found) return 0;
        require(found->source.files.size() == 1 || found->source.files.size() == 2);
        for (const media_file& each : found->source.files) check(each);
    } catch (const malformed_reply&) {
        return 0;
    } catch (const source_error&) {
        return 0;
    } catch (const std::invalid_argument&) {
        return 0;
    }
    return 0;
}
