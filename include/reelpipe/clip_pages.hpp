#ifndef REELPIPE_CLIP_PAGES_HPP
#define REELPIPE_CLIP_PAGES_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <reelpipe/clip.hpp>
#include <reelpipe/clip_rows.hpp>
#include <reelpipe/outcome.hpp>

namespace reelpipe {

// Which clips of a folder are looked at: those for which all of this holds.
struct clip_choice {
    enum class outcome : std::uint8_t { any, stored, failed };

    std::optional<std::string> label{};  // empty: without a label
    outcome ended = outcome::any;
    std::optional<reason> failed{};  // for this reason
    bool shorter = false;            // than asked for
};

// How many clips of a folder there are.
struct clip_numbers {
    struct of_label {
        std::string label{};
        std::uint64_t stored = 0, failed = 0, pending = 0;
    };
    struct of_reason {
        reason why = reason::unknown;
        std::uint64_t clips = 0;
    };

    std::uint64_t stored = 0, failed = 0, pending = 0;
    std::uint64_t shorter = 0;         // of those that are stored
    std::vector<of_label> labels{};    // in the order of their bytes
    std::vector<of_reason> reasons{};  // the most frequent first
};

// The clips in the ledger of an output folder, page by page. Each page is asked for as the ledger is at that time, so a
// run may be at work. Nothing is changed, and no more than a page is in memory. In a ledger that this version made or
// updated, a page is found by an index; in an older one clips are passed over.
// Threads: one at a time.
class clip_pages {
public:
    // Throws usage_error: there is no ledger in the folder, or none that this version can read.
    explicit clip_pages(const std::filesystem::path& folder);
    clip_pages(const clip_pages&) = delete;
    clip_pages& operator=(const clip_pages&) = delete;
    ~clip_pages();

    // All of these throw usage_error where the ledger cannot be read.
    clip_numbers count();

    // At most `most` clips behind `last`, in the order of (video, start, end, label) as bytes.
    std::vector<clip_row> after(const std::optional<clip_request>& last, const clip_choice&, std::size_t most);

    // The clips of this segment under all labels.
    std::vector<clip_row> of_segment(const clip_request&);

    std::optional<clip_row> find(const clip_request&);

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace reelpipe

#endif
