#ifndef REELPIPE_PIPELINE_BLOCK_QUEUE_HPP
#define REELPIPE_PIPELINE_BLOCK_QUEUE_HPP

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace reelpipe {
inline namespace v1 {
namespace detail {

// First in, first out. Entries lie in blocks that form a circle and are used again, so a queue whose length settles
// allocates nothing, and an entry never moves: not even one whose move throws is lost when the queue grows.
template <class E> class block_queue {
public:
    block_queue() = default;
    block_queue(const block_queue&) = delete;
    block_queue& operator=(const block_queue&) = delete;
    ~block_queue()
    {
        while (!empty()) pop_front();
        if (!first_) return;
        for (block* b = first_->next; b != first_;) delete std::exchange(b, b->next);
        delete first_;
    }

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    E& front() { return *std::launder(reinterpret_cast<E*>(first_->place(begin_))); }

    // An exception of the entry's constructor leaves the queue as it was.
    template <class... A> void emplace_back(A&&... arguments)
    {
        if (end_ == block::size || !last_) make_room();
        ::new (last_->place(end_)) E(std::forward<A>(arguments)...);
        ++end_;
        ++size_;
    }

    void pop_front()
    {
        std::destroy_at(&front());
        --size_;
        if (++begin_ != block::size) return;
        begin_ = 0;
        if (first_ == last_)
            end_ = 0;  // it was the last entry of the only block in use
        else
            first_ = first_->next;
    }

    void swap(block_queue& other) noexcept
    {
        std::swap(first_, other.first_);
        std::swap(last_, other.last_);
        std::swap(begin_, other.begin_);
        std::swap(end_, other.end_);
        std::swap(size_, other.size_);
    }

private:
    struct block {
        static constexpr std::size_t size = std::clamp<std::size_t>(4096 / sizeof(E), 1, 64);

        void* place(std::size_t i) { return memory + i * sizeof(E); }

        block* next = this;
        alignas(E) std::byte memory[size * sizeof(E)];
    };

    // The block behind the last one is free, unless it is the first in use or the circle has none yet.
    void make_room()
    {
        if (!last_) {
            first_ = last_ = new block;
        } else if (last_->next == first_) {
            auto* const added = new block;
            added->next = std::exchange(last_->next, added);
            last_ = added;
        } else {
            last_ = last_->next;
        }
        end_ = 0;
    }

    block* first_ = nullptr;
    block* last_ = nullptr;
    std::size_t begin_ = 0;  // in the first block
    std::size_t end_ = 0;    // in the last block
    std::size_t size_ = 0;
};

}  // namespace detail
}  // namespace v1
}  // namespace reelpipe

#endif
