#ifndef REELPIPE_MEDIA_BYTE_SOURCE_HPP
#define REELPIPE_MEDIA_BYTE_SOURCE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "media/av.hpp"
#include "media/partial_file.hpp"

namespace reelpipe::media {

// The bytes behind libav's reads. The first read that cannot be answered ends the attempt: libav is told of an error,
// and so it is for every later read, whatever it makes of the first.
class byte_source {
public:
    byte_source(const partial_file& file, std::stop_token stop) : file_(file), stop_(std::move(stop)) {}

    static int read(void* self, std::uint8_t* to, int size) { return static_cast<byte_source*>(self)->read(to, size); }
    static std::int64_t seek(void* self, std::int64_t offset, int whence)
    {
        return static_cast<byte_source*>(self)->seek(offset, whence);
    }

    const partial_file& file() const { return file_; }
    void imagine(bool on) { imagines_ = on; }
    // Watches a context whose index grows while it is read; null ends this.
    void watch(const AVFormatContext* opened) { opened_ = opened; }
    const range_set& read() const { return read_; }
    const range_set& sample_ranges_touched() const { return touched_; }

    void rethrow() const;
    void check_stop();

private:
    struct window {
        std::uint64_t begin = 0;
        std::vector<std::byte> bytes{};
        bool holds(std::uint64_t place) const { return place >= begin && place - begin < bytes.size(); }
    };

    int read(std::uint8_t* to, int size);
    void check_limits();
    ssize_t imagine(std::uint8_t* to, std::size_t wanted);
    ssize_t read_held(std::uint8_t* to, std::size_t wanted);
    ssize_t read_ahead(std::span<std::byte> to, std::uint64_t run_end);
    std::int64_t seek(std::int64_t offset, int whence);

    partial_file file_;
    std::stop_token stop_;
    std::uint64_t position_ = 0;
    std::array<window, 2> ahead_;  // video and audio are mostly in different places
    std::size_t recent_ = 0;
    const AVFormatContext* opened_ = nullptr;
    std::optional<std::uint64_t> hole_;
    std::optional<std::string> too_many_;
    int read_error_ = 0;
    bool stopped_ = false;
    bool imagines_ = false;
    range_set touched_;
    range_set read_;
};

}  // namespace reelpipe::media

#endif
