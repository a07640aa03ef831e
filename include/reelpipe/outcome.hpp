#ifndef REELPIPE_OUTCOME_HPP
#define REELPIPE_OUTCOME_HPP

#include <cstdint>
#include <optional>
#include <string_view>

namespace reelpipe {

// Why a clip was not stored. The set is closed; the text that goes with a failure carries the details.
enum class reason : std::uint8_t {
    // the video
    removed,
    private_video,
    account_closed,
    copyright,
    policy,
    paid,
    gone,         // the page or file answers 404 or 410
    unavailable,  // the site says no more than that
    bad_input,    // no video can have this id or URL
    members_only,
    age_restricted,
    geo_blocked,
    login_required,
    not_yet,  // a premiere or a live stream that has not ended
    live,
    drm,
    no_format,         // nothing on offer fits the selection
    no_direct_url,     // the site gives out no URLs for what fits, only a protocol of its own
    needs_javascript,  // the site shows it only to players that run its script
    refused,           // 403
    // on the way
    network,        // resets, time-outs, short bodies, server errors
    processing,     // the site is still preparing the video
    resolver_died,  // the resolver crashed or passed its deadline
    changed,        // the file changed while it was read
    out_of_memory,  // its process was killed from outside, or got too little memory
    unconfirmed,    // "unavailable", for the first time
    // the source, the network or the disk as a whole
    bot_check,
    rate_limited,
    blocked,  // replies that only a blocked address gets
    no_network,
    host_down,       // nobody listens where the media are, or only server errors come from there
    nothing_served,  // the host of the media gives the same answer to everything
    unreliable,      // the host of the media refuses at one time what it serves at another
    source_failed,   // the source itself is at fault: an archive is damaged, keys are refused
    disk_full,
    // the installation
    extractor_outdated,
    resolver_missing,
    // the media
    not_media,  // a page, an empty body, no container that libav knows
    no_video_stream,
    unsupported,   // a codec, container or stream layout that cannot be cut
    too_large,     // beyond the limits on bytes, pixels, streams or time
    corrupt,       // decoding failed inside the segment
    encrypted,     // the packets of the file
    before_start,  // the segment ends before the first frame
    beyond_end,    // the segment starts after the end of the video
    // the result
    encode_failed,
    cutter_died,  // reading, cutting or verifying crashed, or did not end in time
    verify_failed,
    store_failed,
    interrupted,  // the run was stopped before its turn
    unknown,
};

// The class of a reason: what it means for the clip.
enum class reason_class : std::uint8_t {
    permanent,      // never asked for again
    soft,           // asked for again only on request: with cookies, another region, another selection
    retry,          // tried again, with back-off, up to the limit of attempts
    global,         // not this clip's fault: feeding stops, the clip stays pending
    configuration,  // the user has to install or change something; asked for again by a later run
};

reason_class class_of(reason) noexcept;

// Permanent or soft: later runs do not ask again unless they are told to.
bool is_final(reason) noexcept;

// True for reasons that concern the site as a whole or the network, and not the video that was asked for.
inline bool is_site_trouble(reason r) noexcept
{
    using enum reason;
    return r == bot_check || r == rate_limited || r == blocked || r == no_network;
}

// True for verdicts about one video that the site, or the way it is asked, may as well give for every video. One is
// believed once another video was found.
inline bool may_be_of_all(reason r) noexcept
{
    using enum reason;
    return r == login_required || r == no_format || r == no_direct_url || r == refused || r == unknown;
}

// Identifiers as they stand in the ledger, in reports and behind --retry: "private_video", "permanent".
std::string_view to_string(reason) noexcept;
std::string_view to_string(reason_class) noexcept;
std::optional<reason> reason_from(std::string_view) noexcept;

// One sentence for the user: what it means, and what to do about it if anything can be done.
std::string_view explain(reason) noexcept;

}  // namespace reelpipe

#endif
