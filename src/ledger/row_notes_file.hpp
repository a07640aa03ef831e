#ifndef REELPIPE_LEDGER_ROW_NOTES_FILE_HPP
#define REELPIPE_LEDGER_ROW_NOTES_FILE_HPP

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reelpipe {

// A text for some of many numbered rows, in a file without a name in a folder, which is gone with this object: in
// memory a row costs eight bytes. What is kept comes in any order and is asked for in another. Throws
// std::system_error. Threads: one at a time.
class row_notes_file {
public:
    explicit row_notes_file(const std::filesystem::path& folder);

    void keep(std::uint64_t row, std::string_view text);  // rows count from 1; the last text of a row is kept
    std::string of(std::uint64_t row);                    // empty: there is none

private:
    struct close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };

    std::unique_ptr<std::FILE, close> file_;
    std::uint64_t end_ = 1;            // offset 0 stands for no text
    std::vector<std::uint64_t> at_{};  // of row 1, 2, ...: where its length stands, and its text behind it
};

}  // namespace reelpipe

#endif
