#include "cli/layer_bars.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

namespace drydock::cli {
namespace {

constexpr std::size_t kBar = 24;

bool at_work(const LayerState& layer) {
  return layer.step == "downloading" || layer.step == "unpacking";
}
bool finished(const LayerState& layer) { return layer.step == "done" || layer.step == "here"; }

std::string short_name(const std::string& digest) {
  const auto colon = digest.find(':');
  return digest.substr(colon == std::string::npos ? 0 : colon + 1, 12);
}

std::string size_text(std::uint64_t bytes) { return human_size(static_cast<double>(bytes)); }

std::string what_of(const LayerState& layer) {
  if (layer.step == "here") return "already here";
  if (layer.step == "done") return "done";
  return layer.step;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string line_of(const LayerState& layer, std::size_t width) {
  std::string line = short_name(layer.digest) + "  " + padded(what_of(layer), 12);
  if (!at_work(layer)) return line + (layer.total > 0 ? "  " + size_text(layer.total) : "");
  const std::string sizes = size_text(layer.bytes) + " of " + size_text(layer.total);
  const double part =
      layer.total == 0
          ? 0
          : std::min(1.0, static_cast<double>(layer.bytes) / static_cast<double>(layer.total));
  if (width >= line.size() + kBar + sizes.size() + 6) {
    const auto full = static_cast<std::size_t>(part * static_cast<double>(kBar));
    line += "  [" + std::string(full, '=') + std::string(kBar - full, ' ') + "]";
  }
  return line + "  " + sizes;
}

struct Room {
  std::size_t width = 80;
  std::size_t height = 24;
};

Room room_of_terminal() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, std::max<std::size_t>(size.ws_row, 4)};
}

}  // namespace

std::vector<LayerState> layers_of(const Json& line) {
  std::vector<LayerState> layers;
  const Json* list = json_find(line, "layers");
  if (!list || !list->is_array()) return layers;
  for (const auto& item : *list)
    layers.push_back(
        {json_string(item, "digest"), json_string(item, "step"),
         static_cast<std::uint64_t>(std::max<std::int64_t>(0, json_int(item, "bytes"))),
         static_cast<std::uint64_t>(std::max<std::int64_t>(0, json_int(item, "total")))});
  return layers;
}

std::vector<std::string> layer_lines(const std::vector<LayerState>& layers, std::size_t width,
                                     std::size_t height) {
  std::vector<std::string> lines;
  const bool all = layers.size() <= height;
  for (const auto& layer : layers)
    if (all || (at_work(layer) && lines.size() + 1 < height))
      lines.push_back(shortened(line_of(layer, width), width));
  if (all) return lines;
  const auto count = std::count_if(layers.begin(), layers.end(), finished);
  lines.push_back(shortened(
      std::to_string(count) + " of " + std::to_string(layers.size()) + " layers done", width));
  return lines;
}

LayerBars::LayerBars(Output& out) : out_(out), redraw_(out.terminal()) {
  const char* term = std::getenv("TERM");
  if (term && std::string_view(term) == "dumb") redraw_ = false;
}

void LayerBars::show(const std::vector<LayerState>& layers) {
  if (!redraw_) {
    for (const auto& layer : layers)
      if (finished(layer) && told_.insert(layer.digest).second) out_.line(line_of(layer, 80));
    return;
  }
  const Room room = room_of_terminal();
  const auto lines = layer_lines(layers, room.width - 1, room.height - 2);
  std::string text = drawn_ > 0 ? "\x1b[" + std::to_string(drawn_) + "A" : std::string();
  for (const auto& line : lines) text += "\r\x1b[2K" + line + "\n";
  text += "\x1b[J";  // what stood below, when there are fewer lines now
  drawn_ = lines.size();
  out_.write(text);
}

void LayerBars::clear() {
  if (redraw_ && drawn_ > 0) out_.write("\x1b[" + std::to_string(drawn_) + "A\r\x1b[J");
  drawn_ = 0;
}

}  // namespace drydock::cli
