#include "folder/clip_census.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string_view>
#include <utility>

#include "folder/fair_sample.hpp"
#include "ledger/schema.hpp"
#include "reelpipe/clip.hpp"
#include "stages/store/clip_name.hpp"
#include "stages/store/stable_hash.hpp"

namespace reelpipe {

namespace {

// In the order of the table's key, so that clips of one video are neighbours, and of these, those of one segment.
constexpr const char* census_rows =
    "SELECT video, start, end, label, reason, message, attempts, bytes, frames, fetched, resolve_s, fetch_s, cut_s,"
    " verify_s, store_s, recorded, unixepoch(recorded), duration_s, missing_s, streams, run, {}"
    " FROM clip ORDER BY video, start, end, label";

// The run that came to an outcome says how it spelled the times in the name.
std::map<std::int64_t, store::trim_format> trim_formats(database& db)
{
    std::map<std::int64_t, store::trim_format> all;
    statement runs = db.prepare(
        "SELECT id, coalesce(json_extract(options, '$.\"--trim-format\"'),"
        " (SELECT value FROM output_option WHERE name = '--trim-format'), '%06d') FROM run");
    while (runs.step()) all.emplace(runs.integer(0), store::trim_format(runs.view(1)));
    return all;
}

// The items with the smallest figures.
template <class Item> class smallest {
public:
    explicit smallest(std::size_t most) : most_(most) {}

    template <class Make> void offer(double figure, Make make)
    {
        if (most_ == 0 || (items_.size() == most_ && figure >= items_.rbegin()->first)) return;
        items_.emplace(figure, make());
        if (items_.size() > most_) items_.erase(std::prev(items_.end()));
    }
    const std::multimap<double, Item>& items() const { return items_; }

private:
    std::size_t most_;
    std::multimap<double, Item> items_{};
};

// What a video cost in a run is in the row of each of its clips; the largest figures are the last ones.
struct run_cost {
    std::uint64_t fetched = 0;
    double resolve_s = 0, fetch_s = 0;
    std::int64_t at = 0;
};

class census_taker {
public:
    census_taker(database& db, const census_limits& limits)
        : rows_(db.prepare(fmt::format(census_rows, version_of(db) >= oldest_with_hosts() ? "whole" : "0"))),
          trims_(trim_formats(db)),
          failures_(limits.failures),
          drawn_(limits.drawn),
          shortest_(limits.odd),
          poorest_(limits.odd),
          slowest_(limits.odd)
    {
    }

    clip_census take()
    {
        while (rows_.step()) {
            count_cost();
            clip_census::label_counts& of_label = census_.labels[rows_.text(label)];
            const bool is_stored = rows_.is_null(why);
            ++(is_stored ? of_label.stored : of_label.failed);
            census_.moments.push_back({.at = rows_.integer(at), .stored = is_stored, .failed = !is_stored});
            if (is_stored)
                count_stored();
            else
                failures_.offer(store::stable_hash(rows_.view(why)), hash(), [this] { return failed(); });
        }
        close_video();
        census_.failures = failures_.take();
        census_.drawn = drawn_.take();
        gather_odd();
        return std::move(census_);
    }

private:
    // clang-format off
    enum column : int {
        video, start, end, label, why, message, attempts, bytes, frames, fetched, resolve_s, fetch_s, cut_s, verify_s,
        store_s, recorded, at, duration_s, missing_s, streams, run, whole
    };
    // clang-format on

    std::uint64_t number(column c) const
    {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(rows_.integer(c), 0));
    }

    std::uint64_t hash() const
    {
        constexpr std::uint64_t odd = 0x9e3779b97f4a7c15u;
        std::uint64_t mixed = store::stable_hash(rows_.view(video)) ^ number(start) * odd;
        mixed = (mixed ^ mixed >> 32) * odd;
        return (mixed ^ mixed >> 29) ^ store::stable_hash(rows_.view(label));
    }

    clip_request request() const
    {
        return {
            .video = rows_.text(video),
            .wanted = {std::chrono::microseconds(rows_.integer(start)), std::chrono::microseconds(rows_.integer(end))},
            .label = rows_.text(label),
            .split = {}};
    }

    const store::trim_format& trim() const
    {
        const auto found = trims_.find(rows_.integer(run));
        return found == trims_.end() ? usual_trim_ : found->second;
    }

    void count_cost()
    {
        const bool is_same_video = rows_.view(video) == video_ && census_.videos > 0;
        const std::pair<std::int64_t, std::int64_t> times{rows_.integer(start), rows_.integer(end)};
        if (!is_same_video) {
            close_video();
            video_ = rows_.text(video);
            ++census_.videos;
        }
        // Under another label it is another name of the same file.
        if (!is_same_video || times != times_) {
            is_counted_ = false;
            census_.cut_s += rows_.number(cut_s);
            census_.verify_s += rows_.number(verify_s);
            census_.store_s += rows_.number(store_s);
        }
        times_ = times;
        whole_ = std::max(whole_, number(whole));
        run_cost& cost = costs_[rows_.integer(run)];
        cost.resolve_s = std::max(cost.resolve_s, rows_.number(resolve_s));
        cost.fetch_s = std::max(cost.fetch_s, rows_.number(fetch_s));
        if (number(fetched) <= cost.fetched) return;
        cost.fetched = number(fetched);
        cost.at = rows_.integer(at);
    }

    void close_video()
    {
        std::uint64_t all_fetched = 0;
        for (const auto& [of_run, cost] : costs_) {
            census_.resolve_s += cost.resolve_s;
            census_.fetch_s += cost.fetch_s;
            all_fetched += cost.fetched;
            if (cost.fetched > 0) census_.moments.push_back({.at = cost.at, .fetched = cost.fetched});
        }
        census_.fetched += all_fetched;
        if (whole_ > 0 && all_fetched > 0) {  // of a file on disk, nothing is fetched
            census_.fetched_of_known += all_fetched;
            census_.whole += whole_;
        }
        costs_.clear();
        whole_ = 0;
    }

    void count_stored()
    {
        drawn_.offer(store::stable_hash(rows_.view(label)), hash(), [this] { return stored(); });
        if (std::exchange(is_counted_, true)) return;
        const double length = rows_.number(duration_s);
        const auto size = static_cast<double>(number(bytes));
        census_.bytes += number(bytes);
        census_.duration_s += length;
        census_.lengths_s.push_back(static_cast<float>(length));
        census_.kilobytes.push_back(static_cast<float>(size / 1e3));
        count_streams(rows_.view(streams));
        if (rows_.number(missing_s) > 0) shortest_.offer(-rows_.number(missing_s), [this] { return stored(); });
        if (length <= 0) return;
        const double rate = static_cast<double>(number(frames)) / length;
        census_.frame_rates.push_back(static_cast<float>(rate));
        slowest_.offer(rate, [this] { return stored(); });
        poorest_.offer(size / length, [this] { return stored(); });
    }

    // "h264 320x180, audio"
    void count_streams(std::string_view text)
    {
        constexpr std::string_view with_audio = ", audio";
        if (text.empty()) return;
        if (text.ends_with(with_audio))
            text.remove_suffix(with_audio.size());
        else
            ++census_.silent;
        const std::size_t space = text.find(' ');
        ++census_.codecs[std::string(text.substr(0, space))];
        if (space != std::string_view::npos) ++census_.frame_sizes[std::string(text.substr(space + 1))];
    }

    clip_census::failed_clip failed() const
    {
        constexpr std::size_t most = 300;
        return {.id = store::clip_id(request(), trim()),
                .label = rows_.text(label),
                .reason = rows_.text(why),
                .message = std::string(rows_.view(message).substr(0, most)),
                .recorded = rows_.text(recorded),
                .attempts = rows_.integer(attempts),
                .run = rows_.integer(run)};
    }

    clip_census::stored_clip stored() const
    {
        const clip_request clip = request();
        return {.id = store::clip_id(clip, trim()),
                .label = clip.label,
                .file = store::clip_name(clip, trim()),
                .streams = rows_.text(streams),
                .duration_s = rows_.number(duration_s)};
    }

    // The smallest figure of many is odd only if it is small beside the mean.
    void gather_odd()
    {
        constexpr double little = 0.25, slow = 0.7;
        double rates = 0, sizes = 0;
        for (const float each : census_.frame_rates) rates += each;
        for (const float each : census_.kilobytes) sizes += each * 1e3;
        const auto clips = static_cast<double>(std::max<std::size_t>(census_.frame_rates.size(), 1));
        const double bytes_a_second = census_.duration_s > 0 ? sizes / census_.duration_s : 0;
        const auto add = [this](clip_census::stored_clip clip, std::string oddity) {
            clip.oddity = std::move(oddity);
            census_.odd.push_back(std::move(clip));
        };
        for (const auto& [missing, clip] : shortest_.items()) add(clip, fmt::format("{:.2f} s missing", -missing));
        for (const auto& [rate, clip] : poorest_.items())
            if (rate < little * bytes_a_second) add(clip, fmt::format("only {:.1f} kbit/s", rate * 8 / 1e3));
        for (const auto& [rate, clip] : slowest_.items())
            if (rate < slow * rates / clips) add(clip, fmt::format("only {:.2f} frames a second", rate));
    }

    statement rows_;
    const std::map<std::int64_t, store::trim_format> trims_;
    const store::trim_format usual_trim_{"%06d"};
    clip_census census_{};
    std::string video_{};                       // that of the row, as the next ones
    std::map<std::int64_t, run_cost> costs_{};  // of the video, by run
    std::uint64_t whole_ = 0;
    std::pair<std::int64_t, std::int64_t> times_{};
    bool is_counted_ = false;  // the file of the segment, under one of its labels
    fair_sample<clip_census::failed_clip> failures_;
    fair_sample<clip_census::stored_clip> drawn_;
    smallest<clip_census::stored_clip> shortest_, poorest_, slowest_;
};

}  // namespace

clip_census take_census(database& db, const census_limits& limits) { return census_taker(db, limits).take(); }

}  // namespace reelpipe
