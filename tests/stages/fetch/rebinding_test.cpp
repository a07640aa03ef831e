// Names that lead to a public address at one time and to a private one at another. For that the test has a network and
// an /etc/hosts of its own, which takes the superuser.
#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asio.hpp>
#include <cstring>
#include <functional>
#include <string>

#include "stages/fetch/http_client.hpp"
#include "support/catch.hpp"
#include "support/origin.hpp"
#include "support/run_awaitable.hpp"
#include "support/temp_folder.hpp"

using namespace reelpipe::fetch;
using reelpipe::test::asked;
using reelpipe::test::origin;
using reelpipe::test::part_of;
using reelpipe::test::reply;
using reelpipe::test::run_awaitable;
using reelpipe::test::temp_folder;

namespace {

// One of those that are for documentation (RFC 5737), and one of a private network.
const std::string public_address = "203.0.113.7", private_address = "10.0.0.7";

struct no_body final : body_sink {
    std::uint64_t begin(const response_head&) override { return 1000; }
    void write(std::uint64_t, std::span<const std::byte>) override {}
};

bool add_address(int socket, const char* interface, const std::string& address)
{
    ifreq wanted{};
    std::strncpy(wanted.ifr_name, interface, IFNAMSIZ - 1);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    if (inet_pton(AF_INET, address.c_str(), &place.sin_addr) != 1) return false;
    std::memcpy(&wanted.ifr_addr, &place, sizeof place);
    return ioctl(socket, SIOCSIFADDR, &wanted) == 0;
}

// A network that has only this machine, where both addresses are, and names that stand in `hosts`.
bool enter_own_network(const std::filesystem::path& hosts)
{
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) return false;
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
    if (mount(hosts.c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr) != 0) return false;
    const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq loopback{};
    std::strncpy(loopback.ifr_name, "lo", IFNAMSIZ - 1);
    loopback.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
    const bool is_up = ioctl(any, SIOCSIFFLAGS, &loopback) == 0 && add_address(any, "lo", "127.0.0.1") &&
                       add_address(any, "lo:1", public_address) && add_address(any, "lo:2", private_address);
    close(any);
    return is_up;
}

void name_stands_for(const std::filesystem::path& hosts, const std::vector<std::string>& addresses)
{
    std::string text;
    for (const std::string& each : addresses) text += each + " media.test\n";
    reelpipe::test::write_file(hosts, text);  // in place: the file is mounted
}

enum ending { refused, let_through, failed, cannot_be_tried };

// How a request ends that begins at `url`, in another process with a network of its own.
ending in_own_network(const std::function<ending(const std::filesystem::path& hosts)>& act)
{
    const temp_folder folder;
    const std::filesystem::path hosts = folder / "hosts";
    reelpipe::test::write_file(hosts, "");
    const pid_t child = fork();
    if (child == 0) {
        if (!enter_own_network(hosts)) _exit(cannot_be_tried);
        try {
            _exit(act(hosts));
        } catch (const std::exception& e) {
            fprintf(stderr, "%s\n", e.what());
            _exit(failed);
        }
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? static_cast<ending>(WEXITSTATUS(status)) : failed;
}

ending get(const std::string& url)
{
    asio::io_context io{1};
    http_client http(io.get_executor());
    no_body body;
    try {
        http_request request{.url = url, .range = {0, 1000}};
        run_awaitable(io, http.get(request, body));
    } catch (const forbidden_address_error&) {
        return refused;
    }
    return let_through;
}

reply redirect_to(const std::string& url) { return {.status = 302, .headers = {"Location: " + url}}; }

}  // namespace

TEST_CASE("a name that leads to a private address the second time does not get there", "[rebinding]")
{
    const ending end = in_own_network([](const std::filesystem::path& hosts) {
        origin inside(private_address), outside(public_address), asked_first;
        inside.serve("/video", [](const asked& request) { return part_of(std::string(1000, 'x'), request); });
        // Another port, for which the name is looked up again.
        outside.serve("/video", [&](const asked&) {
            name_stands_for(hosts, {private_address});
            return redirect_to(inside.url("/video", "media.test"));
        });
        name_stands_for(hosts, {public_address});
        asked_first.serve("/video", [&](const asked&) { return redirect_to(outside.url("/video", "media.test")); });
        const ending met = get(asked_first.url("/video"));
        return outside.requests().size() == 1 && inside.connections() == 0 ? met : failed;
    });
    if (end == cannot_be_tried) SKIP("a network of one's own takes the superuser");
    CHECK(end == refused);
}

TEST_CASE("a name that leads to a public and to a private address at once does not get to the private one",
          "[rebinding]")
{
    const ending end = in_own_network([](const std::filesystem::path& hosts) {
        origin inside(private_address), asked_first;  // nobody listens at the public address
        inside.serve("/video", [](const asked& request) { return part_of(std::string(1000, 'x'), request); });
        name_stands_for(hosts, {public_address, private_address});
        asked_first.serve("/video", [&](const asked&) { return redirect_to(inside.url("/video", "media.test")); });
        const ending met = get(asked_first.url("/video"));
        return inside.connections() == 0 ? met : failed;
    });
    if (end == cannot_be_tried) SKIP("a network of one's own takes the superuser");
    CHECK(end == refused);
}

TEST_CASE("a name that leads to a public address both times gets there", "[rebinding]")
{
    const ending end = in_own_network([](const std::filesystem::path& hosts) {
        origin outside(public_address), asked_first;
        outside.serve("/video", [](const asked& request) { return part_of(std::string(1000, 'x'), request); });
        name_stands_for(hosts, {public_address});
        asked_first.serve("/video", [&](const asked&) { return redirect_to(outside.url("/video", "media.test")); });
        return get(asked_first.url("/video"));
    });
    if (end == cannot_be_tried) SKIP("a network of one's own takes the superuser");
    CHECK(end == let_through);
}
