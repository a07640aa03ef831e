#ifndef REELPIPE_FOLDER_EXPORT_LIST_FILE_HPP
#define REELPIPE_FOLDER_EXPORT_LIST_FILE_HPP

#include <filesystem>
#include <fstream>
#include <string_view>

namespace reelpipe {

// A list of an export, which is written line by line and gets its name when it is whole. Everything throws
// std::system_error.
class list_file {
public:
    // `temporary` is a folder on the file system of the list.
    list_file(std::filesystem::path name, const std::filesystem::path& temporary);
    list_file(list_file&&) = default;
    list_file& operator=(list_file&&) = delete;
    ~list_file();

    void add(std::string_view line);

    // Makes it durable and gives it its name. A list that has the name is replaced only if it is an earlier one of this
    // kind: each of its lines is in this one, too, in the same order. False: it is none, and stays.
    bool place();

    const std::filesystem::path& name() const { return name_; }

private:
    bool holds_all_lines_of_old() const;

    std::filesystem::path name_, unfinished_;
    std::ofstream to_;
};

// The same of a text that is there. The file that has the name must have this content.
bool place_text(const std::filesystem::path& name, std::string_view text, const std::filesystem::path& temporary);

}  // namespace reelpipe

#endif
