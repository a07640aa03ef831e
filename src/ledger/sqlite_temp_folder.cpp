#include "ledger/sqlite_temp_folder.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "stages/store/output_file.hpp"

namespace reelpipe {

namespace {

constexpr std::size_t random_letters = 16;

}  // namespace

// A file that is opened has its own name behind it, which is read as long as it is open.
sqlite_temp_folder::sqlite_temp_folder(const std::filesystem::path& folder)
    : beginning_(folder / store::leftover_prefix),
      name_(fmt::format("reelpipe-{}", static_cast<const void*>(this))),
      files_(sqlite3_vfs_find(nullptr)),
      own_(*files_)
{
    own_.zName = name_.c_str();
    own_.pAppData = this;
    own_.szOsFile = files_->szOsFile + static_cast<int>(beginning_.size() + random_letters + 2);
    own_.xOpen = &sqlite_temp_folder::open;
    sqlite3_vfs_register(&own_, 0);
}

sqlite_temp_folder::~sqlite_temp_folder() { sqlite3_vfs_unregister(&own_); }

// A file that SQLite has no name for is a temporary one: what opens it takes the name away at once.
int sqlite_temp_folder::open(sqlite3_vfs* own, const char* name, sqlite3_file* file, int flags, int* flags_out) noexcept
{
    const auto* const self = static_cast<const sqlite_temp_folder*>(own->pAppData);
    if (!name) {
        std::uint64_t random = 0;
        sqlite3_randomness(sizeof random, &random);
        char* const behind = reinterpret_cast<char*>(file) + self->files_->szOsFile;
        char* const end = fmt::format_to(behind, "{}{:016x}", self->beginning_, random);
        end[0] = end[1] = '\0';  // SQLite looks for parameters behind a name
        name = behind;
    }
    return self->files_->xOpen(self->files_, name, file, flags, flags_out);
}

}  // namespace reelpipe
