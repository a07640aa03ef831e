#ifndef REELPIPE_LEDGER_DATABASE_HPP
#define REELPIPE_LEDGER_DATABASE_HPP

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

struct sqlite3;
struct sqlite3_stmt;

namespace reelpipe {

class sqlite_temp_folder;

struct database_error : std::runtime_error {
    database_error(const std::string& what, int sqlite_code) : std::runtime_error(what), code(sqlite_code) {}
    int code;
};

// A prepared statement. Parameters are bound and columns read by position, from 1 and from 0, as SQLite counts.
// A text that was bound is not copied: it lives until the statement is reset.
class statement {
public:
    statement(sqlite3*, std::string_view sql);

    template <class... Values> statement& bind(Values&&... values)
    {
        static_assert((!std::is_same_v<std::remove_cv_t<Values>, std::string> && ...),
                      "a temporary string would be gone before the statement runs");
        reset();
        int position = 0;
        (bind_one(++position, values), ...);
        return *this;
    }

    bool step();  // true: a row is there
    void run() { step(), reset(); }
    void reset();

    std::int64_t integer(int column) const;
    double number(int column) const;
    std::string text(int column) const;
    std::string_view view(int column) const;  // valid until the next step
    bool is_null(int column) const;

private:
    struct finalize {
        void operator()(sqlite3_stmt*) const;
    };

    void bind_one(int, std::int64_t);
    void bind_one(int position, std::uint64_t value) { bind_one(position, static_cast<std::int64_t>(value)); }
    void bind_one(int, double);
    void bind_one(int, std::string_view);
    void check(int code) const;

    std::unique_ptr<sqlite3_stmt, finalize> handle_;
};

// A SQLite file, and the temporary tables of this process beside it. One thread at a time.
class database {
public:
    // Opens or makes the file. Temporary tables are kept in the system's folder for such, or in `temporary`. Throws
    // database_error.
    explicit database(const std::filesystem::path& file, const std::filesystem::path& temporary = {});

    database(database&&) = default;
    database& operator=(database&&) = delete;
    ~database() = default;

    // Opens a file that exists and changes nothing, also where nothing can be written. Throws database_error.
    static database read_only(const std::filesystem::path& file);

    // The same of a file that nobody writes to meanwhile: nothing is left beside it. Throws database_error.
    static database at_rest(const std::filesystem::path& file);

    void execute(const char* sql);
    void roll_back() noexcept;  // what is not committed; SQLite may have done so by itself
    statement prepare(std::string_view sql) { return statement(handle_.get(), sql); }

private:
    static database immutable(const std::filesystem::path& file);
    struct close {
        void operator()(sqlite3*) const;
        void operator()(sqlite_temp_folder*) const;
    };

    database(const std::string& name, int flags, std::unique_ptr<sqlite_temp_folder, close> place = nullptr);

    std::unique_ptr<sqlite_temp_folder, close> place_;  // or the system's
    std::unique_ptr<sqlite3, close> handle_;
};

}  // namespace reelpipe

#endif
