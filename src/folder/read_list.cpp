#include "folder/read_list.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <future>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "reelpipe/usage_error.hpp"
#include "stages/annotations/list_reader.hpp"

namespace reelpipe {

namespace {

using warn_function = std::function<void(const std::string&)>;
using take_function = std::function<bool(const clip_request&)>;

constexpr std::size_t rows_ahead = 1024;
constexpr unsigned rows_told = 5;  // malformed ones of a list, one by one; the others are counted

std::vector<annotations::row> next_rows(annotations::list_reader& list, std::size_t most)
{
    std::vector<annotations::row> rows;
    rows.reserve(most);
    while (rows.size() < most) {
        std::optional<annotations::row> row = list.next();
        if (!row) break;
        rows.push_back(std::move(*row));
    }
    return rows;
}

// Rows of one list that were malformed, and whether any was not.
struct rows_read {
    std::uint64_t good = 0, bad = 0;
    std::string first_complaint{};
};

// Calls `take` with each good row until it says false.
rows_read read_rows(annotations::list_reader& list, const warn_function& warn, const take_function& take)
{
    const std::string& name = list.name();
    rows_read count;
    // The next rows of a file are read while these are taken. Rows from a person or a program are read no further than
    // they are wanted.
    const bool is_file = name != "-";
    const auto read_on = [&list, is_file] {
        return std::async(is_file ? std::launch::async : std::launch::deferred, next_rows, std::ref(list),
                          is_file ? rows_ahead : std::size_t{1});
    };
    std::future<std::vector<annotations::row>> coming = read_on();
    for (bool wants_more = true; wants_more;) {
        const std::vector<annotations::row> rows = coming.get();
        if (rows.empty()) break;
        coming = read_on();
        for (const annotations::row& row : rows) {
            if (const auto* wrong = std::get_if<annotations::row_error>(&row.content)) {
                const std::string complaint = fmt::format("{}:{}: {}", name, row.line, wrong->message);
                if (++count.bad <= rows_told) warn(complaint + "; row skipped");
                if (count.bad == 1) count.first_complaint = complaint;
                continue;
            }
            ++count.good;
            wants_more = take(std::get<clip_request>(row.content));
            if (!wants_more) break;
        }
    }
    return count;
}

}  // namespace

std::uint64_t read_list(const std::string& name, const annotations::list_options& how, const warn_function& warn,
                        const take_function& take)
try {
    annotations::list_reader list(name, how);
    const rows_read count = read_rows(list, warn, take);
    if (count.good == 0 && count.bad > 0)
        throw usage_error(fmt::format("no row of {} can be read: {}{}", name, count.first_complaint,
                                      count.bad == 1 ? "" : fmt::format("; and {} more", count.bad - 1)));
    if (count.good == 0 && count.bad == 0) warn(fmt::format("{} has no row", name));
    if (count.bad > rows_told) warn(fmt::format("{}: {} more invalid rows were skipped", name, count.bad - rows_told));
    return count.bad;
} catch (const annotations::not_a_list& e) {
    throw usage_error(e.what());
} catch (const std::invalid_argument& e) {
    throw usage_error(e.what());
} catch (const std::system_error& e) {
    throw usage_error(e.what());
}

}  // namespace reelpipe
