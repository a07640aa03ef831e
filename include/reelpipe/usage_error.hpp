#ifndef REELPIPE_USAGE_ERROR_HPP
#define REELPIPE_USAGE_ERROR_HPP

#include <stdexcept>

namespace reelpipe {

// The request cannot be carried out: an unreadable list, a wrong option, a folder in use. Nothing was fetched.
struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace reelpipe

#endif
