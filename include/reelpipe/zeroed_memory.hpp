#ifndef REELPIPE_ZEROED_MEMORY_HPP
#define REELPIPE_ZEROED_MEMORY_HPP

#include <malloc.h>

namespace reelpipe {

// Every block that this process allocates from now on is zeroed: larger ones are made of new pages, which go back to
// the system with them, and smaller ones are cleared.
//
// libx264 reads bytes that it never wrote, and what it finds there shows in the stream. With zeroed memory a clip
// depends on its source alone, as in a process that encodes one clip. Clip workers do this by themselves; a program
// that encodes in its own process calls it before the run, should its clips have to be the same each time. Everything
// but encoding gets slower by it.
inline void use_zeroed_memory()
{
    mallopt(M_MMAP_THRESHOLD, 4 << 10);  // a threshold that is set stays as it is
    mallopt(M_PERTURB, 0xff);            // blocks are filled with the complement
}

}  // namespace reelpipe

#endif
