#ifndef REELPIPE_TESTS_SPARSE_COPY_HPP
#define REELPIPE_TESTS_SPARSE_COPY_HPP

#include <filesystem>
#include <vector>

#include "media/partial_file.hpp"

namespace reelpipe::test {

// A file of the same size as another one that holds only what was copied; the rest is holes, which read as zeros.
class sparse_copy {
public:
    explicit sparse_copy(const std::filesystem::path& original);
    sparse_copy(const sparse_copy&) = delete;
    sparse_copy& operator=(const sparse_copy&) = delete;
    ~sparse_copy();

    const media::partial_file& file() const { return file_; }
    void copy(media::byte_range);
    void copy(const std::vector<media::byte_range>& ranges);

    // Claims to hold everything, so that a read of what was not copied goes unnoticed and gives zeros.
    media::partial_file pretending_to_be_whole() const;

private:
    int original_ = -1;
    media::partial_file file_;
};

// A whole file, opened for reading.
class whole_file {
public:
    explicit whole_file(const std::filesystem::path&);
    whole_file(const whole_file&) = delete;
    whole_file& operator=(const whole_file&) = delete;
    ~whole_file();
    const media::partial_file& file() const { return file_; }

private:
    media::partial_file file_;
};

}  // namespace reelpipe::test

#endif
