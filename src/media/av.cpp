#include "media/av.hpp"

#include <cstdarg>
#include <cstdio>
#include <mutex>

namespace reelpipe::av {

namespace {

// A fixed buffer: the callback runs inside C code, where nothing may throw.
thread_local char message[256] = "";
thread_local int least_level = AV_LOG_ERROR;

void keep_message(void*, int level, const char* format, va_list arguments)
{
    if (level > least_level) return;
    char line[sizeof message];
    const int length = std::vsnprintf(line, sizeof line, format, arguments);
    if (length <= 0) return;
    std::string_view text(line, std::min<std::size_t>(static_cast<std::size_t>(length), sizeof line - 1));
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    if (text.empty()) return;
    message[text.copy(message, sizeof message - 1)] = '\0';
}

std::string describe(const std::string& doing, int code)
{
    char reason[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, reason, sizeof reason);
    std::string text = doing + ": " + reason;
    if (*message) text += std::string(" (") + message + ")";
    return text;
}

io make_io(void* opaque, read_callback read, write_callback write, seek_callback seek, int buffer_bytes)
{
    auto* buffer = static_cast<unsigned char*>(check_allocated(av_malloc(static_cast<std::size_t>(buffer_bytes))));
    AVIOContext* made = avio_alloc_context(buffer, buffer_bytes, write ? 1 : 0, opaque, read, write, seek);
    if (!made) av_free(buffer);
    return io(check_allocated(made));
}

}  // namespace

error::error(const std::string& doing, int code) : std::runtime_error(describe(doing, code)), code_(code) {}

void prepare()
{
    static std::once_flag once;
    std::call_once(once, [] {
        av_log_set_callback(keep_message);
        av_max_alloc(max_block);
    });
}

void forget_log(int level)
{
    *message = '\0';
    least_level = level;
}

std::string_view last_message() { return message; }

bool has_logged() { return *message != '\0'; }

io make_reader(void* opaque, read_callback read, seek_callback seek, int buffer_bytes)
{
    return make_io(opaque, read, nullptr, seek, buffer_bytes);
}

io make_writer(void* opaque, write_callback write, seek_callback seek, int buffer_bytes)
{
    return make_io(opaque, nullptr, write, seek, buffer_bytes);
}

}  // namespace reelpipe::av
