#ifndef REELPIPE_STAGES_RESOLVE_RESOLVE_ERROR_HPP
#define REELPIPE_STAGES_RESOLVE_RESOLVE_ERROR_HPP

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "reelpipe/outcome.hpp"

namespace reelpipe::resolve {

// What is known about a failure besides its reason and its text.
struct failure_facts {
    std::optional<int> status{};  // of the HTTP reply that caused it
    std::optional<std::chrono::seconds> retry_after{};
    std::vector<std::string> warnings{};  // what the resolver said on the way
    // What text and warnings together say about the site as a whole, where they do: bot_check, rate_limited, blocked or
    // no_network. A private video on a rate-limited address has both.
    std::optional<reason> site{};
};

// Why a video has no source. what() is the whole text of whoever said so.
class resolve_error : public std::runtime_error {
public:
    resolve_error(reason why, const std::string& text, failure_facts facts = {})
        : std::runtime_error(text), why_(why), facts_(std::move(facts))
    {
    }

    reason why() const { return why_; }
    const failure_facts& facts() const { return facts_; }

private:
    reason why_;
    failure_facts facts_;
};

}  // namespace reelpipe::resolve

#endif
