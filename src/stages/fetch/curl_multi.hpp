#ifndef REELPIPE_STAGES_FETCH_CURL_MULTI_HPP
#define REELPIPE_STAGES_FETCH_CURL_MULTI_HPP

#include <curl/curl.h>

#include <asio/any_io_executor.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace reelpipe::fetch {

// Runs libcurl's easy handles on an executor: libcurl names the descriptors and the time to wait for, Asio waits.
// libcurl forbids to be called from its own callbacks, so these only write down and arm waits; whoever waits for a
// handle hears of its end after libcurl has returned. With no handle added, no wait is pending.
class curl_multi : public std::enable_shared_from_this<curl_multi> {
public:
    // The observer of a handle; called when the handle has finished and is removed.
    class job {
    public:
        virtual ~job() = default;
        virtual void finished(CURLcode) noexcept = 0;
    };

    curl_multi(asio::any_io_executor, std::size_t connections, std::size_t connections_per_host);
    curl_multi(const curl_multi&) = delete;
    curl_multi& operator=(const curl_multi&) = delete;
    ~curl_multi();

    void add(CURL*, job&);
    void remove(CURL*) noexcept;  // its job hears nothing more

private:
    enum direction : std::uint8_t { reading, writing };

    // libcurl owns the descriptor; the stream_descriptor only waits and must release it, or it would close it.
    struct watch {
        asio::posix::stream_descriptor descriptor;
        bool wanted[2]{};
        bool waiting[2]{};
    };

    static int on_socket(CURL*, curl_socket_t, int what, void* self, void*) noexcept;
    static int on_timer(CURLM*, long milliseconds, void* self) noexcept;
    static int on_close(void* self, curl_socket_t) noexcept;

    void want(curl_socket_t, int what);
    void forget(curl_socket_t) noexcept;
    void wait_for(const std::shared_ptr<watch>&, direction);
    void arm_timer(long milliseconds);
    void act(curl_socket_t, int events);
    void report_finished();
    void end(CURL*, CURLcode) noexcept;

    asio::any_io_executor executor_;
    asio::steady_timer timer_;
    std::uint64_t timer_generation_ = 0;
    std::map<curl_socket_t, std::shared_ptr<watch>> watches_;
    std::map<CURL*, job*> jobs_;
    std::vector<CURL*> unwatched_;  // their descriptor could not be watched: nothing would ever wake them
    CURLM* multi_;
};

}  // namespace reelpipe::fetch

#endif
