#include "ledger/database.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <system_error>
#include <utility>

#include "ledger/sqlite_temp_folder.hpp"

namespace reelpipe {

namespace {

[[noreturn]] void fail(sqlite3* handle, std::string_view doing)
{
    const int code = sqlite3_errcode(handle);
    throw database_error(std::string(doing) + ": " + sqlite3_errmsg(handle), code);
}

// A path inside a URI: the three bytes that mean something there are escaped.
std::string uri_path(const std::string& path)
{
    std::string escaped;
    for (const char c : path) {
        if (c == '%')
            escaped += "%25";
        else if (c == '?')
            escaped += "%3f";
        else if (c == '#')
            escaped += "%23";
        else
            escaped += c;
    }
    return escaped;
}

// SQLite refuses a link anywhere in a path, and only the file itself must be none.
std::string without_links_before(const std::filesystem::path& file)
{
    std::error_code none;
    const std::filesystem::path folder = std::filesystem::canonical(file.parent_path(), none);
    return none ? file.string() : (folder / file.filename()).string();
}

}  // namespace

void statement::finalize::operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }

statement::statement(sqlite3* database, std::string_view sql)
{
    sqlite3_stmt* prepared = nullptr;
    const int length = static_cast<int>(sql.size());
    if (sqlite3_prepare_v3(database, sql.data(), length, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr) != SQLITE_OK)
        fail(database, "ledger");
    handle_.reset(prepared);
}

void statement::check(int code) const
{
    if (code != SQLITE_OK) fail(sqlite3_db_handle(handle_.get()), "ledger");
}

bool statement::step()
{
    const int code = sqlite3_step(handle_.get());
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        sqlite3* const database = sqlite3_db_handle(handle_.get());
        const database_error error(std::string("ledger: ") + sqlite3_errmsg(database), code);
        sqlite3_reset(handle_.get());
        throw error;
    }
    return code == SQLITE_ROW;
}

void statement::reset() { sqlite3_reset(handle_.get()); }

void statement::bind_one(int position, std::int64_t value)
{
    check(sqlite3_bind_int64(handle_.get(), position, value));
}

void statement::bind_one(int position, double value) { check(sqlite3_bind_double(handle_.get(), position, value)); }

void statement::bind_one(int position, std::string_view value)
{
    const char* const text = value.data() ? value.data() : "";  // no text is an empty one, and not NULL
    check(sqlite3_bind_text(handle_.get(), position, text, static_cast<int>(value.size()), SQLITE_STATIC));
}

std::int64_t statement::integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }

double statement::number(int column) const { return sqlite3_column_double(handle_.get(), column); }

std::string_view statement::view(int column) const
{
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
    if (!bytes) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

std::string statement::text(int column) const { return std::string(view(column)); }

bool statement::is_null(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }

void database::close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
void database::close::operator()(sqlite_temp_folder* place) const { delete place; }

database::database(const std::string& name, int flags, std::unique_ptr<sqlite_temp_folder, close> place)
    : place_(std::move(place))
{
    sqlite3* opened = nullptr;
    const int code =
        sqlite3_open_v2(name.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, place_ ? place_->name() : nullptr);
    handle_.reset(opened);
    if (code != SQLITE_OK) fail(opened, "open " + name);
    sqlite3_busy_timeout(opened, 10'000);  // a reader such as `sqlite3 ledger.sqlite` may be looking
}

database::database(const std::filesystem::path& file, const std::filesystem::path& temporary)
    : database(
          without_links_before(file), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
          std::unique_ptr<sqlite_temp_folder, close>(temporary.empty() ? nullptr : new sqlite_temp_folder(temporary)))
{
}

database database::read_only(const std::filesystem::path& file)
{
    // A reader shares the index of the write-ahead log with a writer, in a file that it may have to make. Where it
    // cannot, nobody writes, and the file alone is the database.
    if (access(file.parent_path().c_str(), W_OK) == 0) return database(file.string(), SQLITE_OPEN_READONLY);
    return immutable(file);
}

database database::at_rest(const std::filesystem::path& file)
{
    // Rows that a killed run committed may still be in the write-ahead log alone.
    std::error_code no_log;
    const auto log_bytes = std::filesystem::file_size(file.string() + "-wal", no_log);
    if (!no_log && log_bytes > 0) return read_only(file);
    return immutable(file);
}

database database::immutable(const std::filesystem::path& file)
{
    return database("file:" + uri_path(file.string()) + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

void database::execute(const char* sql)
{
    if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(handle_.get(), "ledger");
}

void database::roll_back() noexcept { sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr); }

}  // namespace reelpipe
