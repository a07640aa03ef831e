#include "reelpipe/outcome.hpp"

#include <algorithm>
#include <array>

namespace reelpipe {

namespace {

struct entry {
    reason why;
    reason_class what;
    std::string_view name;
    std::string_view explanation;
};

using enum reason;
using enum reason_class;

// clang-format off
constexpr std::array table{
    entry{removed,            permanent,     "removed",            "The video was removed."},
    entry{private_video,      permanent,     "private_video",      "The video is private."},
    entry{account_closed,     permanent,     "account_closed",     "The uploader's account is gone."},
    entry{copyright,          permanent,     "copyright",          "The video was taken down for copyright."},
    entry{policy,             permanent,     "policy",             "The video was taken down by the site."},
    entry{paid,               permanent,     "paid",               "The video has to be paid for."},
    entry{gone,               permanent,     "gone",               "The page or file does not exist (404 or 410)."},
    entry{unavailable,        permanent,     "unavailable",        "The site says that the video is unavailable, and no more."},
    entry{bad_input,          permanent,     "bad_input",          "The list names something that is no video."},
    entry{members_only,       soft,          "members_only",       "Only members of the channel may see it; try again with --cookies of an account that may."},
    entry{age_restricted,     soft,          "age_restricted",     "The site asks for an account to confirm the age; try again with --cookies."},
    entry{geo_blocked,        soft,          "geo_blocked",        "Not shown in this country; try again with a --proxy elsewhere."},
    entry{login_required,     soft,          "login_required",     "The site asks for a login; try again with --cookies."},
    entry{not_yet,            soft,          "not_yet",            "The video has not been shown yet."},
    entry{live,               soft,          "live",               "A live stream that is still running, or was never recorded."},
    entry{drm,                soft,          "drm",                "The video is protected by DRM, which is not supported."},
    entry{no_format,          soft,          "no_format",          "Nothing on offer fits the selection; try a looser --format or a higher --max-height."},
    entry{needs_javascript,   soft,          "needs_javascript",   "The site shows it only to players that run its script; install a JavaScript runtime for yt-dlp (deno)."},
    entry{refused,            soft,          "refused",            "The host refused to serve it, or it leads to where this program does not go."},
    entry{network,            retry,         "network",            "The connection failed again and again; run again to try once more."},
    entry{processing,         retry,         "processing",         "The site is still preparing the video; run again later."},
    entry{resolver_died,      retry,         "resolver_died",      "The resolver crashed or did not answer for this video."},
    entry{changed,            retry,         "changed",            "The file changed at its host while it was read."},
    entry{unconfirmed,        retry,         "unconfirmed",        "The site says that the video is unavailable, and no more; the next run asks once more and then believes it."},
    entry{bot_check,          global,        "bot_check",          "The site takes this address for a bot. Wait some hours, then run again, slower (--resolve-rate), with --cookies or another --proxy."},
    entry{rate_limited,       global,        "rate_limited",       "The site asks to slow down. Wait an hour, then run again."},
    entry{blocked,            global,        "blocked",            "The site sends replies that only a blocked address gets. Wait, or use another --proxy."},
    entry{no_network,         global,        "no_network",         "No network: a name cannot be resolved or the proxy does not answer. Check the connection, then run again."},
    entry{host_down,          global,        "host_down",          "The site or the host of the media is down: it accepts no connections or answers with nothing but server errors. See that it is up, then run again."},
    entry{nothing_served,     global,        "nothing_served",     "The host of the media has served none of the videos in a row that it was asked for, so the clips stay pending. Check --source and --proxy and open one of the URLs, then run again."},
    entry{disk_full,          global,        "disk_full",          "The disk is full. Make room, then run again."},
    entry{extractor_outdated, configuration, "extractor_outdated", "This yt-dlp no longer understands the site. Install a newer one (--yt-dlp PATH), then run again."},
    entry{resolver_missing,   configuration, "resolver_missing",   "Python or yt-dlp is missing or does not start as asked. Install it (apt-get install yt-dlp), name it with --python and --yt-dlp, or see to what is said."},
    entry{not_media,          permanent,     "not_media",          "What the host serves is no video file."},
    entry{no_video_stream,    permanent,     "no_video_stream",    "The file holds no video."},
    entry{unsupported,        permanent,     "unsupported",        "The file's codec or layout cannot be cut."},
    entry{too_large,          permanent,     "too_large",          "The file is beyond the limits on bytes, pixels, streams or time."},
    entry{corrupt,            permanent,     "corrupt",            "The video cannot be decoded inside the segment."},
    entry{beyond_end,         permanent,     "beyond_end",         "The segment starts after the end of the video."},
    entry{encode_failed,      permanent,     "encode_failed",      "The clip could not be encoded."},
    entry{cutter_died,        soft,          "cutter_died",        "Reading, cutting or verifying crashed on this video or did not end; try again with another version of FFmpeg."},
    entry{verify_failed,      retry,         "verify_failed",      "The finished clip was not what it should be, and was not kept."},
    entry{store_failed,       global,        "store_failed",       "A file of the output folder could not be written or read, or no process could be started to work on it. See to what is said, permissions perhaps, then run again."},
    entry{interrupted,        global,        "interrupted",        "The run was stopped before this clip's turn; run again to go on."},
    entry{unknown,            soft,          "unknown",            "An error that is not in the table; its text is kept with the clip."},
};
// clang-format on

constexpr bool in_order()
{
    for (std::size_t i = 0; i < table.size(); ++i)
        if (table[i].why != static_cast<reason>(i)) return false;
    return table.size() == static_cast<std::size_t>(unknown) + 1;
}
static_assert(in_order(), "the table holds every reason, in the order of the enumeration");

const entry& entry_of(reason r) { return table[static_cast<std::size_t>(r)]; }

}  // namespace

reason_class class_of(reason r) noexcept { return entry_of(r).what; }

bool is_final(reason r) noexcept { return class_of(r) == permanent || class_of(r) == soft; }

std::string_view to_string(reason r) noexcept { return entry_of(r).name; }

std::string_view explain(reason r) noexcept { return entry_of(r).explanation; }

std::string_view to_string(reason_class c) noexcept
{
    switch (c) {
        case permanent:
            return "permanent";
        case soft:
            return "soft";
        case retry:
            return "retry";
        case global:
            return "global";
        case configuration:
            return "configuration";
    }
    return "unknown";
}

std::optional<reason> reason_from(std::string_view name) noexcept
{
    const auto found = std::ranges::find(table, name, &entry::name);
    if (found == table.end()) return std::nullopt;
    return found->why;
}

}  // namespace reelpipe
