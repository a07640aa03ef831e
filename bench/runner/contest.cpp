#include "runner/contest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/utsname.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <ranges>
#include <thread>

namespace reelpipe::bench {

namespace {

using nlohmann::json;
using series = std::vector<double>;

struct entrant {
    const contender* who = nullptr;
    std::map<std::string, series> measured{};  // a value a round
};

double median(series values)
{
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// The median of the ratios of each round, so that a machine that was slow for a while was slow for both.
double ratio(const series& of, const series& to)
{
    series ratios;
    for (std::size_t round = 0; round < of.size(); ++round) ratios.push_back(of[round] / to[round]);
    return median(ratios);
}

std::string cpu_model()
{
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "unknown";
}

std::map<std::string, std::string> machine()
{
    utsname system{};
    uname(&system);
    double load = 0;
    getloadavg(&load, 1);
    return {{"cpu", cpu_model()},
            {"cores", std::to_string(std::thread::hardware_concurrency())},
            {"system", fmt::format("{} {}", system.sysname, system.release)},
            {"load before", fmt::format("{:.2f}", load)},
            {"compiler", __VERSION__}};
}

// A B A B ...: what changes on the machine during the run changes it for all.
std::vector<entrant> hold(const contest& c, int rounds)
{
    std::vector<entrant> entrants;
    for (const contender& who : c.contenders) entrants.push_back({.who = &who});
    for (int round = 0; round < rounds; ++round)
        for (entrant& e : entrants)
            for (const auto& [name, value] : e.who->take_turn()) e.measured[name].push_back(value);
    return entrants;
}

std::string with_spread(const series& values, const column& col)
{
    const auto [least, most] = std::ranges::minmax(values);
    return fmt::format("{:.{}f} ({:.{}f}..{:.{}f})", median(values) * col.scale, col.decimals, least * col.scale,
                       col.decimals, most * col.scale, col.decimals);
}

void print(const contest& c, const std::vector<column>& columns, const std::vector<entrant>& entrants)
{
    const auto main = std::ranges::find_if(
        columns, [&entrants](const column& col) { return entrants.front().measured.contains(col.figure); });
    const std::string& main_figure = main->figure;
    fmt::print("\n{}: {}\n{:<26}{:>8}", c.name, c.work, "median (min..max)", "ratio");
    for (const column& col : columns) fmt::print("{:>32}", col.heading);
    for (const entrant& e : entrants) {
        fmt::print("\n{:<26}{:>8.2f}", e.who->name,
                   ratio(e.measured.at(main_figure), entrants.front().measured.at(main_figure)));
        for (const column& col : columns) {
            const auto at = e.measured.find(col.figure);
            fmt::print("{:>32}", at == e.measured.end() ? "-" : with_spread(at->second, col));
        }
    }
    fmt::print("\n");
    std::fflush(stdout);
}

json as_json(const contest& c, const std::vector<entrant>& entrants)
{
    json contenders = json::array();
    for (const entrant& e : entrants) {
        json measured = json::object();
        for (const auto& [name, values] : e.measured) {
            const auto [least, most] = std::ranges::minmax(values);
            measured[name] = {{"median", median(values)}, {"min", least}, {"max", most}, {"rounds", values}};
            if (const auto first = entrants.front().measured.find(name); first != entrants.front().measured.end())
                measured[name]["ratio_to_first"] = ratio(values, first->second);
        }
        contenders.push_back({{"name", e.who->name}, {"figures", std::move(measured)}});
    }
    return {{"name", c.name}, {"work", c.work}, {"contenders", std::move(contenders)}};
}

const series* find(const std::vector<entrant>& entrants, const std::string& who, const std::string& figure)
{
    for (const entrant& e : entrants) {
        if (e.who->name != who) continue;
        const auto at = e.measured.find(figure);
        return at == e.measured.end() ? nullptr : &at->second;
    }
    return nullptr;
}

std::optional<json> judge(const target& t, const std::vector<entrant>& entrants)
{
    const series* const reached = find(entrants, t.contender, t.figure);
    const series* const peer = t.against.empty() ? nullptr : find(entrants, t.against, t.figure);
    if (!reached || (!t.against.empty() && !peer)) return std::nullopt;
    const double value = peer ? ratio(*reached, *peer) : median(*reached);
    const bool met = t.which == target::kind::at_least ? value >= t.bound : value <= t.bound;
    const std::string what =
        fmt::format("{}, {}: {} {} {}{}", t.contest, t.contender, t.figure,
                    t.which == target::kind::at_least ? ">=" : "<=", t.bound, peer ? " x " + t.against : std::string());
    fmt::print("{:<7}{:<7}{} (is {:.4g})\n", t.aim ? "aim" : "must", met ? "met" : "MISSED", what, value);
    return json{{"target", what}, {"aim", t.aim}, {"value", value}, {"met", met}};
}

void write(const std::string& file, const json& content)
{
    std::ofstream out(file);
    out << content.dump(1) << '\n';
    if (!out.flush()) throw std::runtime_error("cannot write " + file);
}

// Before hours of measuring.
void require_writable(const std::string& file)
{
    if (!std::ofstream(file, std::ios::app)) throw std::runtime_error("--json: cannot write " + file);
}

std::string names_in(const scenario& s)
{
    std::string all;
    for (const contest& c : s.contests)
        all +=
            fmt::format("\n  {}: {}", c.name, fmt::join(c.contenders | std::views::transform(&contender::name), "; "));
    return all;
}

// Leaves what the names do not select; empty names select everything.
void select(scenario& s, const std::string& contest_name, const std::string& contender_name)
{
    const std::string all = names_in(s);
    if (!contest_name.empty()) std::erase_if(s.contests, [&](const contest& c) { return c.name != contest_name; });
    for (contest& c : s.contests)
        if (!contender_name.empty())
            std::erase_if(c.contenders, [&](const contender& who) { return who.name != contender_name; });
    std::erase_if(s.contests, [](const contest& c) { return c.contenders.empty(); });
    if (s.contests.empty())
        throw std::runtime_error("no contest and contender of this --scale have these names; there are" + all);
}

void check_results(const scenario& s)
{
    for (const contest& c : s.contests) {
        hold(c, 1);
        fmt::print("{}: {} contenders, all results right\n", c.name, c.contenders.size());
    }
}

void measure(const scenario& s, int rounds, const std::string& json_file)
{
    auto setup = machine();
    setup.insert(s.setup.begin(), s.setup.end());
    setup["rounds"] = std::to_string(rounds);
    fmt::print("{}: median of {} rounds, contenders take turns\n", s.name, rounds);
    for (const auto& [name, value] : setup) fmt::print("  {}: {}\n", name, value);

    json contests = json::array(), judged = json::array();
    for (const contest& c : s.contests) {
        const std::vector<entrant> entrants = hold(c, rounds);
        print(c, s.columns, entrants);
        contests.push_back(as_json(c, entrants));
        for (const target& t : s.targets)
            if (t.contest == c.name)
                if (auto verdict = judge(t, entrants)) judged.push_back(std::move(*verdict));
    }
    if (json_file.empty()) return;
    write(json_file,
          {{"scenario", s.name}, {"setup", setup}, {"contests", std::move(contests)}, {"targets", std::move(judged)}});
}

}  // namespace

int run_bench(int argc, char** argv, std::string_view description, const std::function<scenario(scale)>& make)
{
    CLI::App program{std::string(description)};
    scale how_much = scale::quick;
    int rounds = 0;
    std::string json_file, contest_name, contender_name;
    program
        .add_option("--scale", how_much,
                    "smoke: a few items, results only; quick: a minute; full: what figures are quoted from")
        ->option_text("smoke|quick|full [quick]")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, scale>{{"smoke", scale::smoke}, {"quick", scale::quick}, {"full", scale::full}}));
    program.add_option("--rounds", rounds, "turns of each contender; default: the scenario's")
        ->check(CLI::Range(1, 1000));
    program.add_option("--json", json_file, "write everything that was measured to this file");
    program.add_option("--contest", contest_name, "only this one; a wrong name lists them");
    program.add_option("--contender", contender_name, "only this one, for a profiler");
    CLI11_PARSE(program, argc, argv);
    try {
        if (!json_file.empty()) require_writable(json_file);
        scenario s = make(how_much);
        if (rounds == 0) rounds = s.rounds;
        if (rounds == 0) rounds = 5;
        select(s, contest_name, contender_name);
        if (how_much == scale::smoke)
            check_results(s);
        else
            measure(s, rounds, json_file);
    } catch (const std::exception& e) {
        fmt::print(stderr, "error: {}\n", e.what());
        return 1;
    }
    return 0;
}

}  // namespace reelpipe::bench
