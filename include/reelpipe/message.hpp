#ifndef REELPIPE_MESSAGE_HPP
#define REELPIPE_MESSAGE_HPP

#include <string>

namespace reelpipe {

enum class severity { note, warning, error };

// A line for the user.
struct message {
    severity how = severity::note;
    std::string text{};
};

}  // namespace reelpipe

#endif
