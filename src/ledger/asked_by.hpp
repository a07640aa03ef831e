#ifndef REELPIPE_LEDGER_ASKED_BY_HPP
#define REELPIPE_LEDGER_ASKED_BY_HPP

#include <cstdint>

#include "reelpipe/download_options.hpp"
#include "reelpipe/outcome.hpp"

namespace reelpipe {

// How a run asks for videos, as numbers that the ledger may keep: the options themselves may hold passwords.
class asked_by {
public:
    asked_by(const source_options&, bool with_audio);

    // The number of everything that URLs of media depend on.
    std::int64_t for_urls() const { return way_; }

    // The number of what a failure depends on: the site, for what a site says of a video; else also the way to it.
    std::int64_t for_failure(reason) const;

private:
    std::int64_t place_;  // the source
    std::int64_t way_;    // and proxies, cookies, headers, formats
};

}  // namespace reelpipe

#endif
