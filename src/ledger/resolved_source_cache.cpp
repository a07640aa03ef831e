#include "ledger/resolved_source_cache.hpp"

#include <simdjson.h>

#include <algorithm>

#include "site/source_times.hpp"
#include "stages/resolve/source_json.hpp"

namespace reelpipe {

namespace {

constexpr std::chrono::hours unless_said{1};  // how long a URL is believed that does not say when it ends

std::int64_t seconds_of(resolved_source_cache::time at)
{
    return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

std::int64_t end_of(const media_source& source, resolved_source_cache::time now)
{
    resolved_source_cache::time end = resolved_source_cache::time::max();
    for (const media_file& file : source.files)
        if (const remote_file* const part = remote_part(file))
            end = std::min(end, part->expires.value_or(now + unless_said));
    return seconds_of(end);
}

void remove_ended(database& db, resolved_source_cache::time now)
{
    statement remove = db.prepare("DELETE FROM resolved WHERE until <= ?1");
    remove.bind(seconds_of(now));
    remove.run();
}

}  // namespace

resolved_source_cache::resolved_source_cache(database& db, const asked_by& asked, time now)
    : asked_(asked.for_urls()),
      find_(db.prepare("SELECT source FROM resolved WHERE video = ?1 AND asked = ?2 AND until > ?3")),
      put_(db.prepare("INSERT OR REPLACE INTO resolved(video, asked, until, source) VALUES(?1, ?2, ?3, ?4)")),
      remove_(db.prepare("DELETE FROM resolved WHERE video = ?1"))
{
    remove_ended(db, now);
}

std::optional<media_source> resolved_source_cache::find(const std::string& video, time now)
try {
    find_.bind(video, asked_, seconds_of(now));
    if (!find_.step()) {
        find_.reset();
        return std::nullopt;
    }
    const std::string text = find_.text(0);
    find_.reset();
    simdjson::dom::parser parser;
    simdjson::dom::object root;
    if (parser.parse(text).get(root)) return std::nullopt;
    media_source source = resolve::read_source(root);
    if (has_expired(source, now)) return std::nullopt;
    return source;
} catch (const database_error&) {
    return std::nullopt;
} catch (const resolve::malformed_source&) {
    return std::nullopt;
}

void resolved_source_cache::keep(const std::string& video, const media_source& source, time now)
try {
    const std::string text = resolve::written(source);
    if (text.empty()) return;
    put_.bind(video, asked_, end_of(source, now), text);
    put_.run();
} catch (const database_error&) {
    // The site is asked again.
}

void resolved_source_cache::forget(const std::string& video)
try {
    remove_.bind(video);
    remove_.run();
} catch (const database_error&) {
    // It ends by itself.
}

}  // namespace reelpipe
