#include "ledger/file_list.hpp"

namespace reelpipe {

namespace {

// Losing a temporary table loses nothing, so it has no journal; a small cache bounds the memory.
constexpr const char* file_table =
    "PRAGMA temp_store = FILE;"
    "PRAGMA temp.journal_mode = OFF; PRAGMA temp.synchronous = OFF; PRAGMA temp.cache_size = -16000;"
    "CREATE TEMP TABLE file(name TEXT PRIMARY KEY, target TEXT NOT NULL, bytes INTEGER, sample INTEGER,"
    " device INTEGER, inode INTEGER, fine INTEGER, hash TEXT) WITHOUT ROWID; BEGIN";

database& with_table(database& db)
{
    db.execute(file_table);
    return db;
}

}  // namespace

file_list::file_list(database& db)
    : database_(&with_table(db)),
      add_(db.prepare("INSERT OR IGNORE INTO temp.file(name, target) VALUES(?1, ?2)")),
      after_(db.prepare("SELECT name, target FROM temp.file WHERE name > ?1 ORDER BY name LIMIT ?2")),
      identify_(db.prepare(
          "UPDATE temp.file SET bytes = ?2, sample = ?3, device = ?4, inode = ?5, fine = ?6 WHERE name = ?1")),
      set_hash_(db.prepare("UPDATE temp.file SET hash = ?2 WHERE name = ?1"))
{
}

void file_list::add(const entry& one)
{
    add_.bind(one.name, one.target);
    add_.run();
    ++count_;
}

std::vector<file_list::entry> file_list::page(statement& from, std::string_view name, std::size_t most)
{
    from.bind(name, std::uint64_t{most});
    std::vector<entry> all;
    while (from.step()) all.push_back({.name = from.text(0), .target = from.text(1)});
    from.reset();
    return all;
}

std::vector<file_list::entry> file_list::after(std::string_view name, std::size_t most)
{
    return page(after_, name, most);
}

void file_list::identify(std::string_view name, const file_identity& what, bool is_fine)
{
    identify_.bind(name, what.bytes, what.sample, what.device, what.inode, std::int64_t{is_fine});
    identify_.run();
}

void file_list::compare()
{
    database_->execute("CREATE INDEX temp.file_identity ON file(bytes, sample, device, inode) WHERE bytes IS NOT NULL");
    alike_ = database_->prepare(
        "SELECT name, target FROM temp.file f WHERE name > ?1 AND bytes IS NOT NULL AND EXISTS"
        " (SELECT 1 FROM temp.file o WHERE o.bytes = f.bytes AND o.sample = f.sample"
        "  AND (o.device, o.inode) <> (f.device, f.inode)) ORDER BY name LIMIT ?2");
}

std::vector<file_list::entry> file_list::alike_after(std::string_view name, std::size_t most)
{
    return page(*alike_, name, most);
}

void file_list::set_hash(std::string_view name, std::string_view of_content)
{
    set_hash_.bind(name, of_content);
    set_hash_.run();
}

void file_list::visit_copies(const std::function<void(const std::string&, const std::string&, bool)>& visitor)
{
    statement copies = database_->prepare(
        "SELECT f.name, o.name, f.fine FROM temp.file f"
        " JOIN (SELECT hash, min(name) AS name FROM temp.file WHERE hash IS NOT NULL GROUP BY hash) earliest "
        "USING(hash)"
        " JOIN temp.file o ON o.name = earliest.name"
        " WHERE (o.device, o.inode) <> (f.device, f.inode) ORDER BY f.name");
    while (copies.step()) visitor(copies.text(0), copies.text(1), copies.integer(2) != 0);
}

}  // namespace reelpipe
