#include "folder/dataset_card.hpp"

#include <cmath>
#include <cstddef>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "folder/atomic_file.hpp"
#include "media/library_version.hpp"

namespace reelpipe {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

constexpr std::string_view first_key = "reelpipe_dataset";
constexpr int card_version = 1;
constexpr std::size_t max_counts = 1000;

// The ledger's "2025-11-25 07:30:00" with its zone.
ordered_json date_of(const statement& row, int column)
{
    if (row.is_null(column)) return nullptr;
    std::string text = row.text(column) + "Z";
    if (const std::size_t blank = text.find(' '); blank != std::string::npos) text[blank] = 'T';
    return text;
}

void add_runs(database& db, ordered_json& card)
{
    statement last = db.prepare(
        "SELECT count(*), min(started), max(ended), (SELECT reelpipe FROM run ORDER BY id DESC LIMIT 1),"
        " (SELECT resolver FROM run WHERE resolver <> '' ORDER BY id DESC LIMIT 1) FROM run");
    last.step();
    card["reelpipe"] = last.is_null(3) ? ordered_json() : ordered_json(last.text(3));
    card["libraries"] = media::library_version();
    card["resolver"] = last.is_null(4) ? ordered_json() : ordered_json(last.text(4));
    card["runs"] = last.integer(0);
    card["began"] = date_of(last, 1);
    card["ended"] = date_of(last, 2);
}

ordered_json lists_in(database& db)
{
    ordered_json lists = ordered_json::array();
    statement all = db.prepare("SELECT name, sha256 FROM list ORDER BY name, sha256");
    while (all.step())
        lists.push_back(
            {{"name", all.text(0)}, {"sha256", all.view(1).empty() ? ordered_json() : ordered_json(all.text(1))}});
    return lists;
}

ordered_json options_in(database& db)
{
    ordered_json options = ordered_json::object();
    statement all = db.prepare("SELECT name, value FROM output_option ORDER BY name");
    while (all.step()) options[all.text(0)] = all.text(1);
    return options;
}

ordered_json counts_by(database& db, const char* query)
{
    ordered_json counts = ordered_json::object();
    statement all = db.prepare(query);
    while (counts.size() < max_counts && all.step()) counts[all.text(0)] = all.integer(1);
    return counts;
}

void add_clips(database& db, ordered_json& card)
{
    statement all = db.prepare(
        "SELECT sum(reason IS NULL), sum(reason IS NOT NULL), (SELECT sum(clips) FROM pending), sum(missing_s > 0),"
        " count(DISTINCT label), sum(frames), sum(duration_s), sum(bytes) FROM clip");
    all.step();
    card["clips"] = {{"stored", all.integer(0)}, {"failed", all.integer(1)}, {"pending", all.integer(2)}};
    card["failed"] = counts_by(db,
                               "SELECT reason, count(*) FROM clip WHERE reason IS NOT NULL GROUP BY reason"
                               " ORDER BY 2 DESC, 1");
    card["splits"] = counts_by(db, "SELECT split, count(*) FROM clip WHERE reason IS NULL GROUP BY split ORDER BY 1");
    card["labels"] = all.integer(4);
    card["shorter"] = all.integer(3);
    card["frames"] = all.integer(5);
    card["duration_s"] = std::round(all.number(6) * 1e3) / 1e3;
    card["bytes"] = all.integer(7);
}

bool is_card_or_nothing(const fs::path& file)
{
    if (!fs::exists(fs::symlink_status(file))) return true;
    if (!fs::is_regular_file(fs::symlink_status(file))) return false;
    std::ifstream from(file, std::ios::binary);
    std::string beginning(64, '\0');
    from.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
    return beginning.find(first_key) != std::string::npos;
}

}  // namespace

std::string dataset_card_text(database& db)
{
    ordered_json card{{std::string(first_key), card_version}};
    add_runs(db, card);
    card["lists"] = lists_in(db);
    card["options"] = options_in(db);
    add_clips(db, card);
    return card.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

bool write_dataset_card(const fs::path& folder, database& db)
{
    const fs::path name = folder / dataset_card_name;
    if (!is_card_or_nothing(name)) return false;
    const std::string text = dataset_card_text(db);
    atomic_file file(name);
    file.write(text);
    file.end();
    return true;
}

}  // namespace reelpipe
