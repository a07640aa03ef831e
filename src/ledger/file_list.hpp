#ifndef REELPIPE_LEDGER_FILE_LIST_HPP
#define REELPIPE_LEDGER_FILE_LIST_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/database.hpp"

namespace reelpipe {

// What tells the contents of files apart without reading all of them; and one file with two names from two files.
struct file_identity {
    std::uint64_t bytes = 0;
    std::uint64_t sample = 0;  // a hash of some of them
    std::uint64_t device = 0, inode = 0;
};

// The files of a folder, by name. They live in a temporary table of a database, on disk; memory does not grow with
// them. Threads: one at a time, that of the database.
class file_list {
public:
    // The database is for this list alone.
    explicit file_list(database&);

    struct entry {
        std::string name{};
        std::string target{};  // the file that a symbolic link of this name leads to; empty: it is none
    };

    void add(const entry&);
    std::uint64_t count() const { return count_; }

    // The files that follow the name in the order of names, at most `most` of them. An empty answer is the end.
    std::vector<entry> after(std::string_view name, std::size_t most);

    void identify(std::string_view name, const file_identity&, bool is_fine);

    // The end of identifying. From then on the files whose content may be that of another one, as after().
    void compare();
    std::vector<entry> alike_after(std::string_view name, std::size_t most);

    void set_hash(std::string_view name, std::string_view of_content);

    // Visits the files whose content an earlier one has, too, in the order of names. Names of one file are no copies.
    void visit_copies(const std::function<void(const std::string& name, const std::string& first, bool is_fine)>&);

private:
    static std::vector<entry> page(statement&, std::string_view name, std::size_t most);

    database* database_;
    statement add_, after_, identify_, set_hash_;
    std::optional<statement> alike_;
    std::uint64_t count_ = 0;
};

}  // namespace reelpipe

#endif
