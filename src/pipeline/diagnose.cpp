#include "pipeline/diagnose.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <asio/error.hpp>
#include <cerrno>
#include <system_error>

#include "isolation/clip_workers.hpp"
#include "ledger/database.hpp"
#include "media/error.hpp"
#include "stages/cut/cut.hpp"
#include "stages/fetch/errors.hpp"
#include "stages/fetch/playlist.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe {

namespace {

reason of_status(int status)
{
    switch (status) {
        case 404:
        case 410:
            return reason::gone;
        // Limits and faults of the moment, some of which no standard knows
        case 408:
        case 420:
        case 421:
        case 425:
        case 430:
        case 449:
        case 460:
        case 499:
            return reason::network;
        case 416:
            return reason::changed;
        case 429:
            return reason::rate_limited;
        default:
            return status >= 500 ? reason::network : reason::refused;
    }
}

// Of a file that the host has served a moment ago, a refusal says nothing that lasts.
reason of_answer(const fetch::http_error& e)
{
    const reason why = of_status(e.status);
    return e.is_midway && is_final(why) ? reason::network : why;
}

reason of_fault(media::fault fault)
{
    switch (fault) {
        case media::fault::not_media:
            return reason::not_media;
        case media::fault::no_video_stream:
            return reason::no_video_stream;
        case media::fault::unsupported:
            return reason::unsupported;
        case media::fault::too_large:
            return reason::too_large;
        case media::fault::corrupt:
            return reason::corrupt;
        case media::fault::encrypted:
            return reason::encrypted;
        case media::fault::before_start:
            return reason::before_start;
        case media::fault::beyond_end:
            return reason::beyond_end;
    }
    return reason::unknown;
}

reason of_playlist(fetch::playlist_error::kind why)
{
    switch (why) {
        case fetch::playlist_error::kind::no_playlist:
            return reason::not_media;
        case fetch::playlist_error::kind::live:
            return reason::live;
        case fetch::playlist_error::kind::encrypted:
            return reason::drm;
        case fetch::playlist_error::kind::unsupported:
            return reason::unsupported;
    }
    return reason::unknown;
}

// A video on disk, the user's own.
reason of_source_file(const std::error_code& code)
{
    if (code == std::errc::no_such_file_or_directory) return reason::gone;
    if (code == std::errc::permission_denied) return reason::refused;
    if (code == std::errc::is_a_directory || code == std::errc::invalid_argument) return reason::not_media;
    return reason::store_failed;
}

// Errors of the run's own files: temporary ones, the output folder.
reason of_code(const std::error_code& code)
{
    // Asio's category is one of its own.
    if (code == asio::error::operation_aborted || code == std::errc::operation_canceled) return reason::interrupted;
    if (code == std::errc::no_space_on_device || code.value() == EDQUOT) return reason::disk_full;
    return reason::store_failed;
}

// Who takes a connection and says nothing is no better than who takes none, but it may be about the one file.
site_fault fault_of(const fetch::network_error& e)
{
    if (e.unconnected) return site_fault::no_connection;
    return e.unanswered && !e.local ? site_fault::server_error : site_fault::none;
}

}  // namespace

diagnosis diagnose(std::exception_ptr error)
{
    try {
        std::rethrow_exception(error);
    } catch (const source_error& e) {
        return {.why = e.why(),
                .message = e.what(),
                .retry_after = e.facts().retry_after,
                .site = e.facts().site,
                .final = e.facts().final,
                .host = std::string(site_itself),
                .fault = e.facts().fault,
                .of_host = may_be_of_all(e.why()),
                .warnings = e.facts().warnings};
    } catch (const fetch::http_error& e) {
        return {.why = of_answer(e),
                .message = e.what(),
                .retry_after = e.retry_after,
                .host = e.host,
                .fault = e.status >= 500 ? site_fault::server_error : site_fault::none,
                .of_host = true,
                .contradicts = of_answer(e) != of_status(e.status)};
    } catch (const fetch::bucket_error& e) {
        return {.why = reason::source_failed, .message = e.what(), .final = true, .host = e.host};
    } catch (const fetch::postponed_error& e) {
        return {
            .why = reason::rate_limited, .message = e.what(), .retry_after = e.wait, .host = e.host, .not_sent = true};
    } catch (const fetch::proxy_error& e) {
        return {.why = reason::no_network, .message = e.what(), .final = true, .host = e.host};
    } catch (const fetch::network_error& e) {
        return {.why = e.local ? reason::no_network : reason::network,
                .message = e.what(),
                .host = e.host,
                .fault = fault_of(e)};
    } catch (const fetch::changed_error& e) {
        return {reason::changed, e.what(), {}, {}};
    } catch (const fetch::not_media_error& e) {
        return {.why = reason::not_media, .message = e.what(), .host = e.host, .of_host = true};
    } catch (const fetch::too_large_error& e) {
        return {reason::too_large, e.what(), {}, {}};
    } catch (const fetch::forbidden_address_error& e) {
        return {.why = reason::refused,
                .message = std::string(e.what()) + "; --allow-private allows it",
                .host = e.host,
                .of_host = true};
    } catch (const fetch::misleading_error& e) {
        return {.why = reason::refused, .message = e.what(), .host = e.host, .of_host = true};
    } catch (const fetch::playlist_error& e) {
        return {.why = of_playlist(e.why),
                .message = e.what(),
                .of_host = e.why == fetch::playlist_error::kind::no_playlist};
    } catch (const fetch::transfer_error& e) {
        return {reason::network, e.what(), {}, {}};
    } catch (const media::error& e) {
        return {.why = of_fault(e.kind()), .message = e.what(), .of_host = e.kind() == media::fault::not_media};
    } catch (const media::missing_bytes& e) {
        // Everything that the video's index asks for was there.
        return {reason::corrupt, fmt::format("the index of the video is wrong: {}", e.what()), {}, {}};
    } catch (const cut::encode_error& e) {
        return {reason::encode_failed, e.what(), {}, {}};
    } catch (const media::process_died& e) {
        return {reason::cutter_died, e.what(), {}, {}};
    } catch (const worker_killed& e) {
        return {reason::out_of_memory, e.what(), {}, {}};
    } catch (const verify::decode_error& e) {
        return {reason::corrupt, e.what(), {}, {}};
    } catch (const verify::verify_error& e) {
        return {reason::verify_failed, e.what(), {}, {}};
    } catch (const database_error& e) {
        return {e.code == SQLITE_FULL ? reason::disk_full : reason::store_failed, e.what(), {}, {}};
    } catch (const fetch::source_file_error& e) {
        return {of_source_file(e.code()), e.what(), {}, {}};
    } catch (const std::system_error& e) {
        return {of_code(e.code()), e.what(), {}, {}};
    } catch (const std::bad_alloc&) {
        return {reason::too_large, "the program ran out of memory", {}, {}};
    } catch (const std::exception& e) {
        return {reason::unknown, e.what(), {}, {}};
    } catch (...) {
        return {reason::unknown, "an exception without a text", {}, {}};
    }
}

}  // namespace reelpipe
