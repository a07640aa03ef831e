#ifndef REELPIPE_TESTS_TEMP_FOLDER_HPP
#define REELPIPE_TESTS_TEMP_FOLDER_HPP

#include <filesystem>
#include <string>
#include <string_view>

namespace reelpipe::test {

// A new folder that goes with its owner.
class temp_folder {
public:
    temp_folder();
    temp_folder(const temp_folder&) = delete;
    temp_folder& operator=(const temp_folder&) = delete;
    ~temp_folder();

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

void write_file(const std::filesystem::path&, std::string_view content);
std::string read_file(const std::filesystem::path&);

}  // namespace reelpipe::test

#endif
