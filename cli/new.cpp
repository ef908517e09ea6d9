// `new`: a protocol folder of one's own, from the example that ships, by renaming.
#include <cctype>
#include <fstream>
#include <sstream>

#include "cli/commands.hpp"

namespace ledgerlab::cli {
namespace {

namespace fs = std::filesystem;
constexpr const char* example = "fixed_leader";

/// The source tree: the one named, the one around the current folder, or the one this program was
/// built from.
std::optional<fs::path> find_tree(const fs::path& named) {
  const auto is_tree = [](const fs::path& path) {
    std::error_code ignored;
    return fs::is_directory(path / "models" / "consensus" / example, ignored);
  };
  if (!named.empty()) return is_tree(named) ? std::optional(named) : std::nullopt;
  std::error_code error;
  for (fs::path here = fs::current_path(error); !error; here = here.parent_path()) {
    if (is_tree(here)) return here;
    if (here == here.root_path()) break;
  }
  const fs::path built_from = LEDGERLAB_SOURCE_TREE;
  return is_tree(built_from) ? std::optional(built_from) : std::nullopt;
}

bool good_name(const std::string& name) {
  if (name.empty() || name.size() > 40 || name.back() == '_') return false;
  if (name[0] < 'a' || name[0] > 'z' || name.find("__") != std::string::npos) return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
}

/// "fixed_leader" to "FixedLeader" or "fixed leader".
std::string pascal(const std::string& name) {
  std::string out;
  bool up = true;
  for (const char c : name) {
    if (c == '_') {
      up = true;
      continue;
    }
    out += up ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    up = false;
  }
  return out;
}

std::string joined_by(std::string name, char separator) {
  for (char& c : name) {
    if (c == '_') c = separator;
  }
  return name;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

std::string renamed(std::string text, const std::string& name) {
  replace_all(text, example, name);
  replace_all(text, pascal(example), pascal(name));
  replace_all(text, joined_by(example, '-'), joined_by(name, '-'));
  return text;
}

/// Copies one file under its new name; false with errno's story if it cannot.
bool copy_renamed(const fs::path& from, const fs::path& to, const std::string& name) {
  std::ifstream in(from, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  std::ofstream out(to, std::ios::binary);
  out << renamed(std::move(text).str(), name);
  out.flush();
  return in.good() && out.good();
}

}  // namespace

int new_model(const NewArguments& arguments) {
  if (arguments.kind != "consensus") {
    complain("new: only \"consensus\" can be scaffolded, not \"" + arguments.kind + "\"");
    return exit_usage;
  }
  const std::string& name = arguments.name;
  if (!good_name(name)) {
    complain("new: \"" + name +
             "\" is no good name: lower-case letters, digits and single "
             "underscores, beginning with a letter, at most 40, such as my_protocol");
    return exit_usage;
  }
  const auto tree = find_tree(arguments.tree);
  if (!tree) {
    complain("new: no source tree of ledgerlab here; run it inside one, or name it with --tree");
    return exit_missing_input;
  }
  const fs::path from = *tree / "models" / "consensus" / example;
  const fs::path to = *tree / "models" / "consensus" / name;
  if (std::error_code ignored; fs::exists(to, ignored)) {
    complain("new: " + to.string() + " is there already; nothing was changed");
    return exit_usage;
  }
  std::string made;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path target = to / renamed(fs::relative(entry.path(), from).string(), name);
    fs::create_directories(entry.is_directory() ? target : target.parent_path(), error);
    if (error || (entry.is_regular_file() && !copy_renamed(entry.path(), target, name))) {
      complain("new: cannot write " + target.string());
      return exit_results;
    }
    if (entry.is_regular_file()) made += "  " + target.string() + "\n";
  }
  print("made\n" + made +
        "next: ./lab build registers it; then name it in a scenario: consensus = \"" + name +
        "\"\n      ./lab test -R 'contract|" + name +
        "' runs its tests and the suites it inherits\n");
  return exit_pass;
}

}  // namespace ledgerlab::cli
