// `store`: chains in real stores on disk: import, proof, snapshots, conversion, pruning, blobs.
#include <fmt/format.h>

#include <fstream>

#include "cli/commands.hpp"
#include "models/api/registry.hpp"
#include "models/codec/rlp.hpp"
#include "models/contract/evm/evm.hpp"
#include "models/parts/chainstore/blobs.hpp"
#include "models/parts/chainstore/snapshot.hpp"

namespace ledgerlab::cli {
namespace {

namespace fs = std::filesystem;
using chainstore::ChainStore;

/// Ends the verb with this exit code.
struct Stop {
  int code;
  std::string text;
};
[[noreturn]] void stop(int code, const std::string& text) { throw Stop{code, text}; }

const ModelInfo& mode_of(const std::string& name) {
  std::vector<std::string> names;
  for (const ModelInfo* info : builtin_models().all()) {
    if (info->kind != ModelKind::storage || info->storage_charge.keeps_nothing) continue;
    if (info->name == name) return *info;
    names.push_back(info->name);
  }
  std::string text = "--mode \"" + name + "\" keeps no files; there are";
  for (const std::string& one : names) text += " " + one;
  stop(exit_usage, text);
}

/// The mode that wrote the folder, by the files that each of them has; empty: none did.
std::string mode_in(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / "ledger.sqlite", error)) return "sqlite";
  if (fs::exists(folder / "CURRENT", error)) return "leveldb";
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".log") return "files";
  }
  return "";
}

/// To write into: a path that leads nowhere cannot be written, it is no missing input.
template <class F>
auto writable(const F& open) {
  try {
    return open();
  } catch (const files::FileError& error) {
    stop(exit_results, error.what());
  }
}

std::unique_ptr<Store> open_store(const fs::path& folder, const std::string& mode) {
  const ModelInfo& info = mode_of(mode);
  return info.open_store(writable([&] { return files::open_folder(folder.string()); }));
}
/// The mode of the store that must be there.
std::string existing_mode(const fs::path& folder) {
  std::string mode = mode_in(folder);
  if (mode.empty()) stop(exit_missing_input, folder.string() + " holds no store");
  return mode;
}
std::unique_ptr<Store> open_existing(const fs::path& folder) {
  return open_store(folder, existing_mode(folder));
}
std::unique_ptr<ChainStore> open_chain(const fs::path& folder) {
  auto out = std::make_unique<ChainStore>(open_existing(folder));
  if (out->empty()) stop(exit_missing_input, folder.string() + " holds a store but no chain");
  return out;
}
std::unique_ptr<Store> open_new(const fs::path& folder, const std::string& mode) {
  const std::string there = mode_in(folder);
  if (!there.empty() && there != mode) {
    stop(exit_usage, folder.string() + " holds a " + there + " store; choose another folder");
  }
  return open_store(folder, mode);
}

std::string read_text(const fs::path& file) {
  if (fs::is_directory(file)) stop(exit_missing_input, file.string() + " is a folder, not a file");
  std::ifstream in(file, std::ios::binary);
  std::string out;
  try {
    out.assign(std::istreambuf_iterator<char>(in), {});
  } catch (const std::ios_base::failure&) {  // the library's stream buffer throws
    in.setstate(std::ios::badbit);
  }
  if (!in) stop(exit_missing_input, file.string() + " cannot be read");
  return out;
}

/// One file of the file system as the library sees files.
struct OneFile {
  OneFile(const fs::path& path, bool create) {
    if (!create && !fs::is_regular_file(path)) {
      stop(exit_missing_input, path.string() + " is not there");
    }
    const auto open = [&] { return files::open_file(path.string(), create); };
    file = create ? writable(open) : open();
  }
  std::unique_ptr<files::File> file;
};

Hash256 hash_argument(const std::string& text, const char* key) {
  const auto out = fixed_from_hex<32>(text);
  if (!out) stop(exit_usage, std::string(key) + " takes 64 hexadecimal digits, not " + text);
  return *out;
}

std::string summary(ChainStore& chain) {
  const chainstore::Status& status = chain.status();
  const auto& store = chain.store();
  std::string out;
  const auto line = [&](const char* key, const std::string& value) {
    out += fmt::format("{:<12} {}\n", key, value);
  };
  line("mode", std::string(store.mode()));
  line("genesis", to_hex(status.genesis));
  line("head", fmt::format("{} {}", status.head, to_hex(status.head_hash)));
  line("final", fmt::format("{}", status.final_block));
  line("state root", to_hex(status.state_root));
  line("states", fmt::format("{} to {} ({})", status.first_state, status.head,
                             status.keep == 0 ? "archive" : fmt::format("keep {}", status.keep)));
  line("bodies", fmt::format("{} to {}", status.first_body, status.head));
  line("key files", fmt::format("{}", chain.account_files().size()));
  line("entries", fmt::format("{}", store.count()));
  line("digest", to_hex(store.digest()));
  return out;
}

int tell(const std::string& text) { return print(text) ? exit_pass : exit_results; }

int import(const StoreArguments& arguments) {
  const auto genesis_text = read_text(arguments.genesis);
  const std::string text = read_text(arguments.file);
  ethereum::Genesis genesis;
  try {
    genesis = ethereum::read_genesis(genesis_text);
  } catch (const std::exception& error) {
    stop(exit_bad_scenario, arguments.genesis.string() + ": " + error.what());
  }
  ChainStore store(open_new(arguments.folder, arguments.mode));
  if (store.empty()) store.begin(genesis, arguments.keep);
  const auto engine = evm::make_evm();
  const ethereum::SealPart naming = genesis.rules.seal == ethereum::Seal::ibft
                                        ? ethereum::SealPart::without_commit_seals
                                        : ethereum::SealPart::whole;
  const Hash256 first = ethereum::hash(genesis.block.header, naming);
  if (store.status().genesis != first) {
    stop(exit_bad_scenario, arguments.genesis.string() + ": genesis " + to_hex(first) +
                                ", but the store's is " + to_hex(store.status().genesis));
  }
  auto chain = store.resume(genesis.rules, *engine);
  constexpr std::uint64_t renewed = 1024;  // versions that stay in memory at most
  ByteView rest = as_bytes(text);
  std::uint64_t taken = 0, known = 0;
  for (std::uint64_t number = 0; !rest.empty(); ++number) {
    const auto head = rlp::split(rest);
    const std::string where =
        fmt::format("{}: block {} in the file (byte {})", arguments.file.string(), number,
                    text.size() - rest.size());
    if (!head) stop(exit_bad_scenario, where + " is cut off or no RLP");
    const ByteView bytes = rest.first(rest.size() - head->rest.size());
    rest = head->rest;
    const auto block = ethereum::decode_block(bytes);
    if (!block) stop(exit_bad_scenario, where + " does not decode");
    if (store.height_of(chain->hash_of(block->header))) {
      ++known;
      continue;
    }
    const auto verdict = chain->import(bytes);
    if (!verdict.accepted()) {
      stop(exit_fail, where + " is refused: " + std::string(block_fault_name(verdict.fault)));
    }
    store.follow(*chain);
    if (++taken % renewed == 0) chain = store.resume(genesis.rules, *engine);
  }
  return tell(fmt::format("imported     {} blocks, {} were there\n", taken, known) +
              summary(store));
}

fs::path blobs_of(const fs::path& folder) { return folder / "blobs"; }

chainstore::BlobStore open_blobs(const fs::path& folder) {
  return chainstore::BlobStore(
      writable([&] { return files::open_folder(blobs_of(folder).string()); }));
}

int put_blob(const StoreArguments& arguments) {
  existing_mode(arguments.folder);
  const OneFile in(arguments.file, false);
  chainstore::BlobStore blobs = open_blobs(arguments.folder);
  const chainstore::Anchor anchor = blobs.put(*in.file);
  return tell(fmt::format("anchor       {}\nlength       {}\n", to_hex(chainstore::encode(anchor)),
                          anchor.length));
}

/// By an anchor, or by a transaction of the chain that has one.
chainstore::Anchor anchor_of(const StoreArguments& arguments) {
  std::optional<chainstore::Anchor> anchor;
  const std::string& word = arguments.name;
  if (const auto bytes = from_hex(word)) {
    anchor = chainstore::decode_anchor(*bytes);
    const auto hash = fixed_from_hex<32>(word);
    if (!anchor && hash) {
      const auto chain = open_chain(arguments.folder);
      const auto place = chain->find_transaction(*hash);
      const auto block = place ? chain->block(place->block) : std::nullopt;
      if (!block) stop(exit_missing_input, "there is no transaction " + word);
      anchor = chainstore::decode_anchor(block->transactions.at(place->position).data);
      if (!anchor) stop(exit_usage, "transaction " + word + " anchors no blob");
    }
  }
  if (!anchor) stop(exit_usage, word + " is neither an anchor nor the hash of a transaction");
  return *anchor;
}

int get_blob(const StoreArguments& arguments) {
  existing_mode(arguments.folder);
  const chainstore::Anchor anchor = anchor_of(arguments);
  const std::string absent = arguments.folder.string() + " holds no blob " + to_hex(anchor.hash);
  if (!fs::is_directory(blobs_of(arguments.folder))) stop(exit_missing_input, absent);
  chainstore::BlobStore blobs = open_blobs(arguments.folder);
  if (!blobs.has(anchor)) stop(exit_missing_input, absent);
  if (fs::exists(arguments.file) && !fs::is_regular_file(arguments.file)) {
    stop(exit_results, arguments.file.string() + " is there and no file; name the file to write");
  }
  fs::path draft = arguments.file;
  draft += ".part";
  try {
    const OneFile out(draft, true);
    out.file->truncate(0);
    blobs.get(anchor, *out.file);
    out.file->sync();
    fs::rename(draft, arguments.file);
  } catch (...) {
    std::error_code ignored;
    fs::remove(draft, ignored);
    throw;
  }
  return exit_pass;
}

int convert(const StoreArguments& arguments) {
  const auto from = open_existing(arguments.folder);
  std::error_code not_there;
  if (fs::equivalent(arguments.folder, arguments.file, not_there)) {
    stop(exit_usage, arguments.file.string() + ": source and copy are one folder");
  }
  const auto to = open_new(arguments.file, arguments.mode);
  std::size_t copied = 0;
  // Before the chain: what stops here can be done again, a store with a chain is not empty.
  if (to->count() == 0 && fs::is_directory(blobs_of(arguments.folder))) {
    chainstore::BlobStore blobs = open_blobs(arguments.folder);
    chainstore::BlobStore copies = open_blobs(arguments.file);
    copied = blobs.copy_to(copies);
  }
  chainstore::convert(*from, *to);
  return tell(fmt::format("entries      {}\ndigest       {}\nblobs        {}\n", to->count(),
                          to_hex(to->digest()), copied));
}

int act(const StoreArguments& arguments) {
  const std::string& action = arguments.action;
  if (action == "import") return import(arguments);
  if (action == "info") return tell(summary(*open_chain(arguments.folder)));
  if (action == "verify") {
    const auto chain = open_chain(arguments.folder);
    chain->verify();
    return tell("whole\n" + summary(*chain));
  }
  if (action == "snapshot") {
    const auto chain = open_chain(arguments.folder);
    const OneFile out(arguments.file, true);
    const auto subject = chainstore::export_snapshot(
        *chain, arguments.height.value_or(chain->status().head), *out.file);
    return tell(fmt::format("block        {} {}\nstate root   {}\nbytes        {}\n",
                            subject.height, to_hex(subject.block), to_hex(subject.state_root),
                            out.file->size()));
  }
  if (action == "restore") {
    std::optional<Hash256> trusted;
    if (!arguments.block_hash.empty()) {
      trusted = hash_argument(arguments.block_hash, "--block-hash");
    }
    const OneFile in(arguments.file, false);
    const auto chain = chainstore::restore_snapshot(
        *in.file, open_new(arguments.folder, arguments.mode), trusted, arguments.keep);
    return tell(summary(*chain));
  }
  if (action == "convert") return convert(arguments);
  if (action == "prune") {
    const auto chain = open_chain(arguments.folder);
    chain->prune(arguments.keep);
    return tell(summary(*chain));
  }
  return action == "put-blob" ? put_blob(arguments) : get_blob(arguments);
}

}  // namespace

int store(const StoreArguments& arguments) {
  const std::string place = arguments.folder.string() + ": ";
  try {
    return act(arguments);
  } catch (const Stop& reason) {
    complain(reason.text);
    return reason.code;
  } catch (const StoreError& error) {
    complain(place + error.what());
    const bool broken = error.kind() == StoreError::Kind::corrupt;
    return broken ? exit_fail : exit_results;
  } catch (const files::FileError& error) {
    complain(error.what());
    return error.kind() == files::FileError::Kind::missing ? exit_missing_input : exit_results;
  } catch (const fs::filesystem_error& error) {
    complain(error.what());
    return exit_results;
  } catch (const std::invalid_argument& error) {
    complain(place + error.what());
    return exit_usage;
  } catch (const std::out_of_range& error) {
    complain(place + error.what());
    return exit_usage;
  }
}

}  // namespace ledgerlab::cli
