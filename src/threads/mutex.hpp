#ifndef REELPIPE_THREADS_MUTEX_HPP
#define REELPIPE_THREADS_MUTEX_HPP

#include <mutex>

// clang's thread safety analysis (-Wthread-safety) proves that what is marked REELPIPE_GUARDED_BY(m) is only used while
// m is held. Other compilers see nothing of it. The standard library's own mutex carries no such marks.
#if defined(__clang__)
#define REELPIPE_THREAD_SAFETY(mark) __attribute__((mark))
#else
#define REELPIPE_THREAD_SAFETY(mark)
#endif
#define REELPIPE_GUARDED_BY(m) REELPIPE_THREAD_SAFETY(guarded_by(m))
#define REELPIPE_REQUIRES(m) REELPIPE_THREAD_SAFETY(requires_capability(m))

namespace reelpipe {

class REELPIPE_THREAD_SAFETY(capability("mutex")) mutex {
public:
    void lock() REELPIPE_THREAD_SAFETY(acquire_capability()) { mutex_.lock(); }
    void unlock() REELPIPE_THREAD_SAFETY(release_capability()) { mutex_.unlock(); }

private:
    std::mutex mutex_;
};

// Holds a mutex from its construction to its destruction.
class REELPIPE_THREAD_SAFETY(scoped_lockable) mutex_lock {
public:
    explicit mutex_lock(mutex& held) REELPIPE_THREAD_SAFETY(acquire_capability(held)) : mutex_(held) { mutex_.lock(); }
    mutex_lock(const mutex_lock&) = delete;
    mutex_lock& operator=(const mutex_lock&) = delete;
    ~mutex_lock() REELPIPE_THREAD_SAFETY(release_capability()) { mutex_.unlock(); }

private:
    mutex& mutex_;
};

}  // namespace reelpipe

#endif
