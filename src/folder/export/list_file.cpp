#include "folder/export/list_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include "stages/store/output_file.hpp"
#include "stages/store/stable_hash.hpp"

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const char* doing, const fs::path& where)
{
    throw std::system_error(errno, std::generic_category(), fmt::format("{} {}", doing, where.string()));
}

void make_durable(const fs::path& file)
{
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    const int failed = descriptor < 0 || (fsync(descriptor) != 0 && errno != EINVAL) ? errno : 0;
    if (descriptor >= 0) close(descriptor);
    errno = failed;
    if (failed != 0) fail("write", file);
}

// The name of something, and be it a link that leads nowhere.
bool is_taken(const fs::path& name) { return fs::symlink_status(name).type() != fs::file_type::not_found; }

}  // namespace

list_file::list_file(fs::path name, const fs::path& temporary)
    : name_(std::move(name)),
      unfinished_(temporary /
                  fmt::format("{}list-{:016x}", store::leftover_prefix, store::stable_hash(name_.string()))),
      to_(unfinished_, std::ios::binary | std::ios::trunc)
{
    if (!to_) fail("write", unfinished_);
}

list_file::~list_file()
{
    std::error_code none;
    if (!unfinished_.empty()) fs::remove(unfinished_, none);
}

void list_file::add(std::string_view line)
{
    to_ << line << '\n';
    if (!to_) fail("write", name_);
}

bool list_file::place()
{
    to_.close();
    if (!to_) fail("write", name_);
    make_durable(unfinished_);
    if (is_taken(name_) && !holds_all_lines_of_old()) return false;
    fs::create_directories(name_.parent_path());
    fs::rename(unfinished_, name_);
    return true;
}

bool list_file::holds_all_lines_of_old() const
{
    if (!fs::is_regular_file(fs::symlink_status(name_))) return false;
    std::ifstream before(name_, std::ios::binary), present(unfinished_, std::ios::binary);
    std::string old_line, line;
    while (std::getline(before, old_line)) {
        do {
            if (!std::getline(present, line)) return false;
        } while (line != old_line);
    }
    return true;
}

bool place_text(const fs::path& name, std::string_view text, const fs::path& temporary)
{
    if (is_taken(name)) {
        std::ostringstream found;
        found << std::ifstream(name, std::ios::binary).rdbuf();
        return found.str() == text;
    }
    list_file file(name, temporary);
    file.add(text.substr(0, text.size() - 1));  // it ends with the end of a line
    return file.place();
}

}  // namespace reelpipe
