#ifndef REELPIPE_FOLDER_EXPORT_STORED_ROWS_HPP
#define REELPIPE_FOLDER_EXPORT_STORED_ROWS_HPP

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "reelpipe/clip_rows.hpp"

namespace reelpipe {

// The clips of a folder that an export takes: those that are stored, but for what other lists name, whatever the label.
class stored_rows {
public:
    // Reads the lists; malformed rows are told to `warn`. The reader outlives this. Throws usage_error.
    stored_rows(clip_row_reader&, const std::vector<std::string>& exclude,
                const std::function<void(const std::string&)>& warn);

    std::optional<clip_row> next();
    void rewind();

    std::uint64_t excluded() const { return excluded_; }  // since the beginning
    const std::vector<std::string>& labels() const { return rows_.labels(); }

private:
    bool is_excluded(const clip_request&) const;

    clip_row_reader& rows_;
    std::unordered_set<std::string> named_{};
    std::uint64_t excluded_ = 0;
};

}  // namespace reelpipe

#endif
