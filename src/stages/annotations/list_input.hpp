#ifndef REELPIPE_STAGES_ANNOTATIONS_LIST_INPUT_HPP
#define REELPIPE_STAGES_ANNOTATIONS_LIST_INPUT_HPP

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "packed/gzip_file.hpp"

namespace reelpipe::annotations {

// The bytes of a file or of standard input, uncompressed if they are compressed by gzip, bzip2, xz, zstd or lz4. Who
// reads decides how many of them are kept: those that were read and not taken yet.
// Threads: one at a time. Owns the file.
class list_input {
public:
    // "-" is standard input. Throws std::system_error when it cannot be read, not_a_list when it cannot be
    // uncompressed; and so does read_on().
    explicit list_input(const std::string& name);
    list_input(const list_input&) = delete;
    list_input& operator=(const list_input&) = delete;

    const std::string& name() const { return name_; }

    // The bytes that were read and not yet taken. Valid until the next read_on(); `padding` readable bytes follow.
    std::string_view bytes() const { return std::string_view(buffer_).substr(begin_); }
    void take(std::size_t count) { begin_ += count; }

    // Appends further bytes; false at the end of the list.
    bool read_on();

    static constexpr std::size_t padding = 64;

private:
    [[noreturn]] void fail() const;

    // Standard input is only lent.
    struct descriptor {
        explicit descriptor(const std::string& name);
        descriptor(const descriptor&) = delete;
        descriptor& operator=(const descriptor&) = delete;
        ~descriptor();
        int number;
    };
    struct free_archive {
        void operator()(archive*) const;
    };

    std::string name_;
    descriptor file_;
    std::unique_ptr<packed::gzip_file> gzip_;  // of a file that gzip has compressed
    std::unique_ptr<archive, free_archive> archive_;
    std::string buffer_;
    std::size_t begin_ = 0;  // of what was not taken yet
    bool ended_ = false;
};

}  // namespace reelpipe::annotations

#endif
