#ifndef REELPIPE_SITE_SOURCE_TIMES_HPP
#define REELPIPE_SITE_SOURCE_TIMES_HPP

#include <chrono>

#include "reelpipe/media_source.hpp"

namespace reelpipe {

// True if a URL of the source has expired, or expires before much could be fetched with it.
bool has_expired(const media_source&, std::chrono::system_clock::time_point now);

// The time for which its host still refuses to serve it, at most a minute: a later time is taken for a mistake.
std::chrono::milliseconds wait_for(const media_source&, std::chrono::system_clock::time_point now);

}  // namespace reelpipe

#endif
