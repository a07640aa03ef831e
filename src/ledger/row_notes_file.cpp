#include "ledger/row_notes_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "media/new_file.hpp"

namespace reelpipe {

namespace {

[[noreturn]] void fail(const char* doing)
{
    throw std::system_error(errno, std::generic_category(), std::string(doing) + " a temporary file");
}

std::FILE* nameless_file_in(const std::filesystem::path& folder)
{
    const int file = media::open_nameless_file(folder);
    std::FILE* const stream = file < 0 ? nullptr : fdopen(file, "w+");
    if (!stream && file >= 0) close(file);
    return stream;
}

}  // namespace

row_notes_file::row_notes_file(const std::filesystem::path& folder) : file_(nameless_file_in(folder))
{
    if (!file_ || std::fputc('\0', file_.get()) == EOF) fail("make");
}

void row_notes_file::keep(std::uint64_t row, std::string_view text)
{
    const std::uint64_t size = text.size();
    if (std::fwrite(&size, sizeof size, 1, file_.get()) != 1) fail("write");
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) fail("write");
    if (at_.size() < row) at_.resize(row);
    at_[row - 1] = end_;
    end_ += sizeof size + size;
}

std::string row_notes_file::of(std::uint64_t row)
{
    if (row > at_.size() || at_[row - 1] == 0) return {};
    if (std::fflush(file_.get()) != 0) fail("write");
    const int file = fileno(file_.get());
    const auto at = static_cast<off_t>(at_[row - 1]);
    std::array<char, 512> first{};  // most texts are shorter
    std::uint64_t size = 0;
    const ssize_t got = pread(file, first.data(), first.size(), at);
    if (got < static_cast<ssize_t>(sizeof size)) fail("read");
    std::memcpy(&size, first.data(), sizeof size);
    const std::uint64_t there = std::min<std::uint64_t>(size, static_cast<std::uint64_t>(got) - sizeof size);
    std::string text(first.data() + sizeof size, there);
    text.resize(size);
    const auto rest = static_cast<ssize_t>(size - there);
    if (rest > 0 && pread(file, text.data() + there, size - there, at + got) != rest) fail("read");
    return text;
}

}  // namespace reelpipe
