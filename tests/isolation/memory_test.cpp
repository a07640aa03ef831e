#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <thread>

#include "isolation/available_memory.hpp"
#include "isolation/memory_turns.hpp"
#include "support/catch.hpp"
#include "support/comes_true.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
using reelpipe::available_memory;
using reelpipe::memory_turns;
using reelpipe::test::comes_true;
using reelpipe::test::temp_folder;
using reelpipe::test::write_file;

namespace {

constexpr std::uint64_t mebibyte = 1 << 20;

struct files {
    files()
    {
        fs::create_directories(folder / "proc/self");
        fs::create_directories(folder / "groups/job/step");
        write_file(folder / "proc/meminfo", "MemTotal:  8000000 kB\nMemAvailable:    4096 kB\nBuffers: 1 kB\n");
    }
    std::uint64_t available() const { return available_memory({folder / "proc", folder / "groups"}); }

    temp_folder folder{};
};

}  // namespace

TEST_CASE("available is what the machine has, or what is left of the group's limit or of one above it", "[memory]")
{
    const files system;
    CHECK(system.available() == 4 * mebibyte);

    write_file(system.folder / "proc/self/cgroup", "1:name=systemd:/x\n0::/job/step\n");
    write_file(system.folder / "groups/job/step/memory.max", "max\n");
    write_file(system.folder / "groups/job/step/memory.current", "1000\n");
    CHECK(system.available() == 4 * mebibyte);

    write_file(system.folder / "groups/job/memory.max", std::to_string(10 * mebibyte));
    write_file(system.folder / "groups/job/memory.current", std::to_string(9 * mebibyte));
    CHECK(system.available() == 1 * mebibyte);

    // What was read from files goes when it is wanted.
    write_file(system.folder / "groups/job/memory.stat", "anon 5\ninactive_file 2097152\nactive_file 1\n");
    CHECK(system.available() == 3 * mebibyte);
}

TEST_CASE("where nobody knows how much memory there is, there is enough", "[memory]")
{
    const temp_folder empty;
    CHECK(available_memory({empty.path(), empty.path()}) == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("where memory is short, one works at a time, and one always does", "[memory]")
{
    memory_turns turns([] { return std::uint64_t{0}; });
    std::atomic<int> at_work = 0, most = 0;
    const auto work = [&] {
        for (int i = 0; i < 200; ++i) {
            const memory_turns::turn mine(turns, false, {});
            most = std::max<int>(most, ++at_work);
            --at_work;
        }
    };
    {
        const std::jthread one(work), two(work), three(work);
    }
    CHECK(most == 1);
}

TEST_CASE("who works alone waits for the others, and nobody begins meanwhile", "[memory]")
{
    memory_turns turns([] { return std::numeric_limits<std::uint64_t>::max(); });
    std::atomic<bool> alone = false, second = false;
    std::optional<memory_turns::turn> first;
    first.emplace(turns, false, std::stop_token{});
    std::atomic<bool> go = false;
    std::jthread lonely([&] {
        const memory_turns::turn mine(turns, true, {});
        alone = true;
        comes_true([&] { return go.load(); });
    });
    CHECK(!alone);
    first.reset();
    REQUIRE(comes_true([&] { return alone.load(); }));
    std::jthread next([&] {
        const memory_turns::turn mine(turns, false, {});
        second = true;
    });
    CHECK(!second);
    go = true;
    CHECK(comes_true([&] { return second.load(); }));
}

TEST_CASE("work that took much has to find as much room", "[memory]")
{
    std::atomic<std::uint64_t> available = 1000 * mebibyte;
    memory_turns turns([&] { return available.load(); });
    const memory_turns::turn first(turns, false, {});
    {
        const memory_turns::turn fits(turns, false, {});
    }
    turns.has_taken(1500 * mebibyte);
    std::stop_source stop;
    std::atomic<bool> stopped = false;
    {
        const std::jthread waits([&] {
            try {
                const memory_turns::turn does_not_fit(turns, false, stop.get_token());
            } catch (const std::system_error&) {
                stopped = true;
            }
        });
        stop.request_stop();
    }
    CHECK(stopped);
}
