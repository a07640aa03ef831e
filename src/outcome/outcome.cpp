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
    entry{gone,               permanent,     "gone",               "The page or file does not exist."},
    entry{unavailable,        permanent,     "unavailable",        "The site only says that the video is unavailable."},
    entry{bad_input,          permanent,     "bad_input",          "The list names something that is not a video."},
    entry{members_only,       soft,          "members_only",       "Only members of the channel can watch it. Try again with the --cookies of a member."},
    entry{age_restricted,     soft,          "age_restricted",     "The site asks for an account to confirm the age. Try again with --cookies."},
    entry{geo_blocked,        soft,          "geo_blocked",        "The video is not available in this country. Try again with a --proxy elsewhere."},
    entry{login_required,     soft,          "login_required",     "The site asks for a login. Try again with --cookies."},
    entry{not_yet,            soft,          "not_yet",            "The premiere or live stream has not begun."},
    entry{live,               soft,          "live",               "The live stream is still running, or was not recorded."},
    entry{drm,                soft,          "drm",                "The video is protected by DRM, which is not supported."},
    entry{no_format,          soft,          "no_format",          "No available format fits the selection. Try a looser --format or a higher --max-height."},
    entry{no_direct_url,      soft,          "no_direct_url",      "The site gives out no URLs for the bytes of the formats (SABR only, only for players with a token, or in pieces). Try again with another player client, --cookies, --format 18 or --fallback yt-dlp."},
    entry{needs_javascript,   soft,          "needs_javascript",   "The site serves it only to players that run its script. Give yt-dlp a JavaScript runtime (such as deno) and the solver script."},
    entry{refused,            soft,          "refused",            "The host refused to serve it, or its URL leads to a forbidden address."},
    entry{network,            retry,         "network",            "The connection failed at every attempt. Run again to retry."},
    entry{processing,         retry,         "processing",         "The site is still preparing the video. Run again later."},
    entry{resolver_died,      retry,         "resolver_died",      "The resolver crashed or did not answer for this video."},
    entry{changed,            retry,         "changed",            "The file changed on its host while it was read."},
    entry{out_of_memory,      retry,         "out_of_memory",      "Its worker process was ended from outside, or got too little memory. Use fewer --jobs or a machine with more memory, then run again."},
    entry{unconfirmed,        retry,         "unconfirmed",        "The site only says that the video is unavailable. The next run asks once more."},
    entry{bot_check,          global,        "bot_check",          "The site takes this address for a bot. Wait some hours, then run again: more slowly (--resolve-rate), with --cookies, or with another --proxy."},
    entry{rate_limited,       global,        "rate_limited",       "The site asks to slow down. Wait an hour, then run again."},
    entry{blocked,            global,        "blocked",            "The site sends replies that only a blocked address gets. Wait, or use another --proxy, or the --cookies of an account."},
    entry{no_network,         global,        "no_network",         "No way to the hosts: names do not resolve, the proxy does not let this run through, or a certificate is not trusted. Check the connection, then run again."},
    entry{host_down,          global,        "host_down",          "The site or media host is down: it refuses connections, or sends only server errors. Run again when it is up."},
    entry{nothing_served,     global,        "nothing_served",     "The site or media host served none of several videos in a row. Check --source, --proxy and --cookies, open one of the videos in a browser, then run again."},
    entry{unreliable,         global,        "unreliable",         "The host refuses at one time what it serves at another. Run again; fewer --connections or a lower --request-rate may help."},
    entry{source_failed,      global,        "source_failed",      "The source cannot be read, whatever the video: an archive is damaged, or a server refuses the keys. Mend that, then run again."},
    entry{disk_full,          global,        "disk_full",          "The disk is full. Make room, then run again."},
    entry{extractor_outdated, configuration, "extractor_outdated", "This yt-dlp does not understand the site. Install a newer one (--yt-dlp PATH) if there is one; with the newest, a JavaScript runtime or --cookies may help. Then run again."},
    entry{resolver_missing,   configuration, "resolver_missing",   "Python or yt-dlp is missing, or does not start with these options. Install it (apt-get install yt-dlp), or name it with --python and --yt-dlp."},
    entry{not_media,          permanent,     "not_media",          "The host does not serve a video file there."},
    entry{no_video_stream,    permanent,     "no_video_stream",    "The file has no video."},
    entry{unsupported,        permanent,     "unsupported",        "Files of this codec or layout cannot be cut."},
    entry{too_large,          permanent,     "too_large",          "The file exceeds the limits on bytes, pixels, streams or time."},
    entry{corrupt,            permanent,     "corrupt",            "The video cannot be decoded inside the segment."},
    entry{encrypted,          permanent,     "encrypted",          "The frames or the audio of the file are encrypted."},
    entry{before_start,       permanent,     "before_start",       "The segment ends before the first frame of the video."},
    entry{beyond_end,         permanent,     "beyond_end",         "The segment starts after the end of the video."},
    entry{encode_failed,      permanent,     "encode_failed",      "The clip could not be encoded."},
    entry{cutter_died,        soft,          "cutter_died",        "Reading, cutting or verifying crashed on this video, or took too long. Try again with another version of FFmpeg."},
    entry{verify_failed,      retry,         "verify_failed",      "The finished clip failed its check and was not kept."},
    entry{store_failed,       global,        "store_failed",       "A file of the output folder cannot be read or written, or a worker process cannot be started. Check its permissions, then run again."},
    entry{interrupted,        global,        "interrupted",        "The run was stopped before this clip. Run again to go on."},
    entry{unknown,            soft,          "unknown",            "An unexpected error. The ledger has its text."},
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
