#ifndef REELPIPE_FOLDER_FAIR_SAMPLE_HPP
#define REELPIPE_FOLDER_FAIR_SAMPLE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace reelpipe {

// Items of groups, drawn by their hashes: at most so many, and of large groups no more than of each other. Small groups
// are taken whole; where there are too many groups, some of them go without. Memory grows with the sample alone.
template <class Item> class fair_sample {
public:
    explicit fair_sample(std::size_t most) : most_(most) {}

    // `make` is called if the item may be among them.
    template <class Make> void offer(std::uint64_t group, std::uint64_t hash, Make make)
    {
        if (most_ == 0 || (groups_.size() == most_ && group > groups_.rbegin()->first)) return;
        std::map<std::uint64_t, Item>& items = groups_[group];
        if (groups_.size() > most_) groups_.erase(std::prev(groups_.end()));
        if (items.size() == most_ && hash > items.rbegin()->first) return;
        items.emplace(hash, make());
        if (items.size() > most_) items.erase(std::prev(items.end()));
    }

    // Leaves nothing.
    std::vector<Item> take()
    {
        std::vector<std::map<std::uint64_t, Item>> groups;
        for (auto& [key, items] : groups_) groups.push_back(std::move(items));
        groups_.clear();
        std::ranges::sort(groups, {}, [](const auto& items) { return items.size(); });
        std::vector<Item> all;
        for (std::size_t i = 0; i < groups.size(); ++i) {
            std::size_t share = (most_ - all.size()) / (groups.size() - i);
            for (auto& [hash, item] : groups[i])
                if (share-- > 0)
                    all.push_back(std::move(item));
                else
                    break;
        }
        return all;
    }

private:
    std::size_t most_;
    std::map<std::uint64_t, std::map<std::uint64_t, Item>> groups_{};
};

}  // namespace reelpipe

#endif
