// UndefinedBehaviorSanitizer must see the sum pass the largest int, and end the program.
#include <limits>

int main(int count, char**)
{
    volatile int big = std::numeric_limits<int>::max();
    big = big + count;
    return 0;
}
