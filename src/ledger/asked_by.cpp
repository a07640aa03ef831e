#include "ledger/asked_by.hpp"

#include <fmt/format.h>

#include <string>

#include "stages/store/stable_hash.hpp"

namespace reelpipe {

namespace {

std::int64_t number_of(const std::string& text) { return static_cast<std::int64_t>(store::stable_hash(text)); }

// A bucket is on a server.
std::string place_of(const source_options& o)
{
    return o.s3.endpoint.empty() ? o.name : fmt::format("{} at {}", o.name, o.s3.endpoint);
}

// Nothing where there is none, as in ledgers of versions that had none.
std::string fallback_of(const source_options& o) { return o.fallback == fallback_choice::yt_dlp ? "\nyt-dlp" : ""; }

std::string subtitles_of(const source_options& o) { return o.subtitles.empty() ? "" : "\n" + o.subtitles; }

// True for reasons that only a site gives, and gives to everybody.
bool is_word_of_site(reason why)
{
    using enum reason;
    return why == removed || why == private_video || why == account_closed || why == copyright || why == policy ||
           why == paid || why == unavailable || why == bad_input;
}

}  // namespace

asked_by::asked_by(const source_options& o, bool with_audio)
    : place_(number_of(fmt::format("{}\n{}", place_of(o), o.url_base))),
      way_(number_of(fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", place_of(o), o.url_base, o.format, o.max_height,
                                 !with_audio, o.cookies.string(), fmt::join(o.proxies, " "),
                                 o.yt_dlp_parameters + o.extractors + fallback_of(o) + subtitles_of(o),
                                 fmt::join(o.headers, "\n"))))
{
}

std::int64_t asked_by::for_failure(reason why) const { return is_word_of_site(why) ? place_ : way_; }

}  // namespace reelpipe
