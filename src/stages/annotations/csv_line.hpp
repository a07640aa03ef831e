#ifndef REELPIPE_STAGES_ANNOTATIONS_CSV_LINE_HPP
#define REELPIPE_STAGES_ANNOTATIONS_CSV_LINE_HPP

#include <csv.h>

#include <cstddef>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace reelpipe::annotations {

// Splits lines into fields with libcsv; one parser and one buffer serve all lines.
class csv_line {
public:
    explicit csv_line(char delimiter = ',')
    {
        if (csv_init(&parser_, 0) != 0) throw std::bad_alloc();
        csv_set_delim(&parser_, static_cast<unsigned char>(delimiter));
        // It copies what it has each time that it takes another block, which by default is 128 bytes.
        csv_set_blk_size(&parser_, 64u << 10);
        // Lines come without their ends; a carriage return inside of one is just a byte.
        csv_set_term_func(&parser_, [](unsigned char c) { return static_cast<int>(c == '\n'); });
    }
    csv_line(const csv_line&) = delete;
    csv_line& operator=(const csv_line&) = delete;
    ~csv_line() { csv_free(&parser_); }

    // False if a quote is left open. The fields are valid until the next call.
    bool split(std::string_view line)
    {
        // Room for the most that can come, because the callbacks run inside C and must not throw.
        text_.clear();
        text_.reserve(line.size());
        ends_.clear();
        ends_.reserve(line.size() + 1);
        ended_ = false;
        feed(line);
        feed("\n");
        const bool closed = ended_;
        csv_fini(&parser_, nullptr, nullptr, nullptr);  // ready for the next line, whatever was left of this one
        return closed;
    }

    std::size_t fields() const { return ends_.size(); }

    std::string_view operator[](std::size_t field) const
    {
        const std::size_t begin = field == 0 ? 0 : ends_[field - 1];
        return std::string_view(text_).substr(begin, ends_[field] - begin);
    }

private:
    void feed(std::string_view bytes)
    {
        const auto take_field = [](void* field, std::size_t size, void* self) {
            auto& line = *static_cast<csv_line*>(self);
            line.text_.append(static_cast<const char*>(field), size);
            line.ends_.push_back(line.text_.size());
        };
        const auto end_row = [](int, void* self) { static_cast<csv_line*>(self)->ended_ = true; };
        if (csv_parse(&parser_, bytes.data(), bytes.size(), take_field, end_row, this) != bytes.size())
            throw std::bad_alloc();  // the only failure there is outside of strict mode
    }

    csv_parser parser_{};
    std::string text_;
    std::vector<std::size_t> ends_;
    bool ended_ = false;
};

}  // namespace reelpipe::annotations

#endif
