#ifndef REELPIPE_LEDGER_RESOLVED_SOURCE_CACHE_HPP
#define REELPIPE_LEDGER_RESOLVED_SOURCE_CACHE_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "ledger/asked_by.hpp"
#include "ledger/database.hpp"
#include "reelpipe/download_options.hpp"
#include "reelpipe/media_source.hpp"

namespace reelpipe {

// The media that a site named for videos that are not done yet, kept so that the next run need not ask again if this
// one is killed.
//
// A row lives until its video has come to an end or its URLs have, and holds for runs that ask for the same. The rows
// are in the ledger's database and are committed with it. A row that cannot be written or removed costs no more than a
// question to the site. Threads: one at a time, that of the ledger.
class resolved_source_cache {
public:
    using time = std::chrono::system_clock::time_point;

    // Needs the ledger's tables. Rows whose time is over are removed.
    resolved_source_cache(database&, const asked_by&, time now = std::chrono::system_clock::now());

    std::optional<media_source> find(const std::string& video, time now = std::chrono::system_clock::now());
    void keep(const std::string& video, const media_source&, time now = std::chrono::system_clock::now());
    void forget(const std::string& video);

private:
    std::int64_t asked_;  // what URLs depend on, as a number: it may hold passwords
    statement find_, put_, remove_;
};

}  // namespace reelpipe

#endif
