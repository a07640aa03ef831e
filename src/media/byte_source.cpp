#include "media/byte_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "media/error.hpp"
#include "media/limits.hpp"

namespace reelpipe::media {

namespace {

constexpr std::size_t ahead_bytes = 64 << 10;

}  // namespace

void byte_source::rethrow() const
{
    if (stopped_) throw std::system_error(std::make_error_code(std::errc::operation_canceled), "reading media");
    if (read_error_) throw std::system_error(read_error_, std::generic_category(), "reading media");
    if (too_many_) throw error(fault::too_large, *too_many_);
    if (hole_) throw missing_bytes(*hole_);
}

void byte_source::check_stop()
{
    stopped_ = stopped_ || stop_.stop_requested();
    rethrow();
}

int byte_source::read(std::uint8_t* to, int size)
{
    stopped_ = stopped_ || stop_.stop_requested();
    if (stopped_) return AVERROR_EXIT;
    check_limits();
    if (hole_ || read_error_ || too_many_) return AVERROR(EIO);
    if (position_ >= file_.size) return AVERROR_EOF;

    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(static_cast<unsigned>(size), file_.size - position_));
    const ssize_t got = imagines_ ? imagine(to, wanted) : read_held(to, wanted);
    if (got <= 0) return AVERROR(EIO);
    position_ += static_cast<std::uint64_t>(got);
    return static_cast<int>(got);
}

void byte_source::check_limits()
{
    std::uint64_t samples = 0;
    for (unsigned i = 0; opened_ && i < opened_->nb_streams; ++i)
        samples += static_cast<unsigned>(avformat_index_get_entries_count(opened_->streams[i]));
    if (samples > max_samples) too_many_ = "an index of more than " + std::to_string(max_samples) + " samples";
    if (touched_.ranges().size() > max_sample_runs)
        too_many_ = "samples scattered over more than " + std::to_string(max_sample_runs) + " places";
}

ssize_t byte_source::imagine(std::uint8_t* to, std::size_t wanted)
{
    std::memset(to, 0, wanted);
    touched_.add({position_, position_ + wanted});
    return static_cast<ssize_t>(wanted);
}

ssize_t byte_source::read_held(std::uint8_t* to, std::size_t wanted)
{
    const auto run_end = file_.held.run_end(position_);
    if (!run_end) {
        hole_ = position_;
        return -1;
    }
    wanted = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, *run_end - position_));
    const std::span to_be_read(reinterpret_cast<std::byte*>(to), wanted);
    const ssize_t got = wanted < ahead_bytes ? read_ahead(to_be_read, *run_end) : read_at(file_, position_, to_be_read);
    if (got <= 0) read_error_ = got < 0 ? errno : EIO;  // 0: shorter than it is said to be
    if (got > 0) read_.add({position_, position_ + static_cast<std::uint64_t>(got)});
    return got;
}

// libav asks for sample after sample; the system is asked for more at once.
ssize_t byte_source::read_ahead(std::span<std::byte> to, std::uint64_t run_end)
{
    if (!ahead_[recent_].holds(position_)) recent_ = 1 - recent_;
    window& from = ahead_[recent_];
    if (!from.holds(position_)) {
        from.begin = position_;
        from.bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(ahead_bytes, run_end - position_)));
        const ssize_t got = read_at(file_, position_, from.bytes);
        from.bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got <= 0) return got;
    }
    const auto held = std::span(from.bytes).subspan(static_cast<std::size_t>(position_ - from.begin));
    const std::size_t count = std::min(to.size(), held.size());
    std::copy_n(held.begin(), count, to.begin());
    return static_cast<ssize_t>(count);
}

std::int64_t byte_source::seek(std::int64_t offset, int whence)
{
    whence &= ~AVSEEK_FORCE;
    if (whence == AVSEEK_SIZE) return static_cast<std::int64_t>(file_.size);
    if (whence == SEEK_CUR) offset += static_cast<std::int64_t>(position_);
    if (whence == SEEK_END) offset += static_cast<std::int64_t>(file_.size);
    if (offset < 0) return AVERROR(EINVAL);
    position_ = static_cast<std::uint64_t>(offset);
    return offset;
}

}  // namespace reelpipe::media
