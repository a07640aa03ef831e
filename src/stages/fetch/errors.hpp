#ifndef REELPIPE_STAGES_FETCH_ERRORS_HPP
#define REELPIPE_STAGES_FETCH_ERRORS_HPP

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace reelpipe::fetch {

// A transfer that failed. The text names what was asked of whom, and where in the file; the query of a URL, where sites
// keep their signatures, never shows up in it. A full disk is no transfer_error but a std::system_error with ENOSPC.
struct transfer_error : std::runtime_error {
    transfer_error(const std::string& text, std::string asked_host)
        : std::runtime_error(text), host(std::move(asked_host))
    {
    }

    std::string host;  // "name:port" as the URL has it, for whoever counts failures by host
};

// The server refused: any status but 200 and 206.
struct http_error : transfer_error {
    http_error(const std::string& text, std::string asked_host, int answered,
               std::optional<std::chrono::seconds> wait = {})
        : transfer_error(text, std::move(asked_host)), status(answered), retry_after(wait)
    {
    }

    int status;
    std::optional<std::chrono::seconds> retry_after;  // as the server asks; 429 and 503 often do
    bool is_midway = false;                           // the host has served bytes of this very file before
};

// A bucket does not take the request as it is signed, or is not there: keys, clock, region or the server's name are
// wrong, whatever the file.
struct bucket_error : transfer_error {
    using transfer_error::transfer_error;
};

// No answer, or not all of it: resets, time-outs, stalls, short bodies.
struct network_error : transfer_error {
    network_error(const std::string& text, std::string asked_host, bool is_local, bool is_unconnected = false,
                  bool is_unanswered = false)
        : transfer_error(text, std::move(asked_host)),
          local(is_local),
          unconnected(is_unconnected),
          unanswered(is_unconnected || is_unanswered)
    {
    }

    bool local;        // this machine's network or proxy: names do not resolve, nothing is reachable, no certificate is
                       // trusted
    bool unconnected;  // there was no connection to the host, so nothing could be asked of it
    bool unanswered;   // not a byte came back
};

// The proxy refuses to pass anything on, so asking again is of no use.
struct proxy_error : network_error {
    proxy_error(const std::string& text, std::string asked_host) : network_error(text, std::move(asked_host), true) {}
};

// The host wants to be left alone for a while, so it was not asked.
struct postponed_error : transfer_error {
    postponed_error(const std::string& text, std::string asked_host, std::chrono::seconds left)
        : transfer_error(text, std::move(asked_host)), wait(left)
    {
    }

    std::chrono::seconds wait;
};

// An answer that cannot be used: no or a wrong Content-Range, more bytes than promised, an encoded body.
struct answer_error : transfer_error {
    using transfer_error::transfer_error;
};

// Somebody else than the user named a host whose address is one of this machine, its network or its cloud.
struct forbidden_address_error : transfer_error {
    using transfer_error::transfer_error;
};

// The URL leads nowhere: in a circle, to a protocol that this program does not speak, to what is no URL.
struct misleading_error : transfer_error {
    using transfer_error::transfer_error;
};

// The file behind the URL is no longer the one that the first bytes came from: another size or validator.
struct changed_error : transfer_error {
    using transfer_error::transfer_error;
};

// A page of HTML, or nothing at all, where a video should be.
struct not_media_error : transfer_error {
    using transfer_error::transfer_error;
};

// More bytes would be needed than the limits allow.
struct too_large_error : transfer_error {
    using transfer_error::transfer_error;
};

// A video on disk cannot be opened: it is not there, is none of the reader's, or is no regular file.
struct source_file_error : std::system_error {
    using std::system_error::system_error;
};

}  // namespace reelpipe::fetch

#endif
