#ifndef REELPIPE_STAGES_FETCH_BRING_HPP
#define REELPIPE_STAGES_FETCH_BRING_HPP

#include <asio/awaitable.hpp>
#include <memory>
#include <vector>

#include "stages/fetch/held_file.hpp"
#include "stages/fetch/host_limits.hpp"
#include "stages/fetch/http_client.hpp"
#include "stages/fetch/options.hpp"

namespace reelpipe::fetch {

struct file_range {
    held_file* file;
    media::byte_range range;
};

// The means by which the bytes of one video are fetched.
struct transfer_context {
    http_client& http;
    host_limits& hosts;
    const fetch::options& options;
    fetch_counts& counts;
    std::shared_ptr<disk_share> disk{};  // none: no limit
};

// Brings all of the pieces into their files with bounded requests, a few at a time, and asks again for what a short or
// broken answer left out. Takes room on the disk for each request first. Throws transfer_error, std::system_error
// (disk), operation_aborted. After changed_error what was held of the changed file is forgotten. The files outlive the
// call.
asio::awaitable<void> fetch_ranges(transfer_context, std::vector<file_range>);

}  // namespace reelpipe::fetch

#endif
