#include "models/storage/memory/memory.hpp"

#include <array>
#include <map>

namespace ledgerlab::storage {
namespace {

class Memory final : public KeyValue {
 public:
  std::string_view mode() const override { return "memory"; }
  std::optional<Bytes> get(DataClass data, ByteView key) override {
    const Entries& entries = of(data);
    const auto found = entries.find(Bytes(key.begin(), key.end()));
    return found == entries.end() ? std::nullopt : std::optional(found->second);
  }
  void visit(DataClass data, ByteView from, const Visitor& visitor) override {
    const Entries& entries = of(data);
    for (auto at = entries.lower_bound(Bytes(from.begin(), from.end())); at != entries.end(); ++at) {
      if (!visitor(at->first, at->second)) return;
    }
  }
  void commit(std::span<const StoreBatch::Write> writes) override {
    for (const StoreBatch::Write& write : writes) {
      if (write.value) {
        of(write.data)[write.key] = *write.value;
      } else {
        of(write.data).erase(write.key);
      }
    }
  }

 private:
  using Entries = std::map<Bytes, Bytes>;
  Entries& of(DataClass data) { return entries_[static_cast<std::size_t>(data)]; }

  std::array<Entries, data_class_count> entries_;
};

}  // namespace

std::unique_ptr<Store> open_memory() { return verified(std::make_unique<Memory>(), nullptr); }

}  // namespace ledgerlab::storage
