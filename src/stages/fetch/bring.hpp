#ifndef REELPIPE_STAGES_FETCH_BRING_HPP
#define REELPIPE_STAGES_FETCH_BRING_HPP

#include <asio/awaitable.hpp>
#include <vector>

#include "stages/fetch/fetch_options.hpp"
#include "stages/fetch/held_file.hpp"
#include "stages/fetch/host_pauses.hpp"
#include "stages/fetch/http_client.hpp"

namespace reelpipe::fetch {

struct piece {
    held_file* file;
    media::byte_range range;
};

// Brings all of the pieces into their files with bounded requests, a few at a time, and asks again for what a short or
// broken answer left out. Throws transfer_error, std::system_error (disk), operation_aborted. After changed_error what
// was held of the changed file is forgotten.
// The files outlive the call.
asio::awaitable<void> bring(http_client&, host_pauses&, const fetch_options&, fetch_counts&, std::vector<piece>);

}  // namespace reelpipe::fetch

#endif
