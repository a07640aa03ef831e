#ifndef REELPIPE_SITE_SOURCE_TIMES_HPP
#define REELPIPE_SITE_SOURCE_TIMES_HPP

#include <chrono>

#include "reelpipe/media_source.hpp"

namespace reelpipe {

// Whether a URL of the source has ended, or ends before much could be fetched with it.
bool has_expired(const media_source&, std::chrono::system_clock::time_point now);

// How long its host still refuses to serve it, which is at most a minute: what is later is no time but a slip.
std::chrono::milliseconds wait_for(const media_source&, std::chrono::system_clock::time_point now);

}  // namespace reelpipe

#endif
