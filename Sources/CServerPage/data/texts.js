// The page's words in English and Chinese, and numbers as each language writes them.

const english = {
  model: "Model",
  shown: "Classes shown",
  otherLanguage: "中文",
  otherLanguageCode: "zh-Hans",
  classCount: (count) => `${count} ${count === "1" ? "class" : "classes"}`,
  labelCount: (count) => `${count} independent ${count === "1" ? "label" : "labels"}`,
  addPictures: "Add pictures",
  dropOr: "Drop pictures here, paste them, or",
  choose: "Choose pictures",
  privacy: "Pictures are sent to this server and nowhere else.",
  results: "Results",
  clear: "Remove all",
  script: "From a script",
  pasted: (number) => `Pasted picture ${number}`,
  remove: (name) => `Remove ${name}`,
  picture: (name) => `Picture ${name}`,
  noPreview: "This browser cannot show this kind of picture.",
  waiting: "Waiting",
  running: "Classifying",
  delayed: (seconds) => `The server is busy. Trying again in ${seconds} s.`,
  heatMap: "Heat map",
  heatMapOf: (name) => `Heat map of ${name}`,
  heatMapRunning: "Computing the heat map",
  heatMapFailed: "No heat map.",
  opacity: "Opacity of the heat map",
  classesLegend: "Classes by probability; choose one for its heat map",
  labelsLegend: (yes, all) => `${yes} of ${all} labels apply`,
  yes: "yes",
  no: "no",
  more: (count) => `Show ${count} more`,
  fewer: "Show fewer",
  milliseconds: (value) => `${value} ms`,
  latency: "Latency",
  inAll: (value) => `${value} ms with the transfer`,
  size: "Pixels",
  bytes: "File",
  summary: (count, median) =>
    `${count} ${count === "1" ? "picture" : "pictures"}${median ? ` · median ${median} ms` : ""}`,
  announceOne: (name, result) => `${name}: ${result}`,
  announceMany: (done, all) => `${done} of ${all} pictures done`,
  removed: (name) => `${name} removed`,
  again: "Try again",
  token: "Access token",
  tokenNote: "This server asks for a token. It is kept until this tab is closed.",
  tokenUse: "Continue",
  tokenWrong: "The server did not accept this token.",
  noModels: "This server has no model loaded.",
  error0: "The server cannot be reached.",
  error400: "This is not a picture that the server can read.",
  error401: "The server asks for a token.",
  error404: "The server no longer has this model.",
  error413: "This picture is too large for the server.",
  error415: "This is not a picture that the server can read.",
  error503: "The server is too busy.",
  errorFile: "This file cannot be read. Folders have to be opened first.",
  errorAnswer: "The server's answer cannot be read.",
  errorOther: (status) => `The server reports error ${status}.`,
};

const chinese = {
  model: "模型",
  shown: "显示类别数",
  otherLanguage: "English",
  otherLanguageCode: "en",
  classCount: (count) => `${count} 个类别`,
  labelCount: (count) => `${count} 个独立标签`,
  addPictures: "添加图片",
  dropOr: "把图片拖到这里，直接粘贴，或者",
  choose: "选择图片",
  privacy: "图片只会发送到这台服务器。",
  results: "结果",
  clear: "全部移除",
  script: "在脚本中使用",
  pasted: (number) => `粘贴的图片 ${number}`,
  remove: (name) => `移除 ${name}`,
  picture: (name) => `图片 ${name}`,
  noPreview: "浏览器无法显示这种格式的图片。",
  waiting: "等待中",
  running: "识别中",
  delayed: (seconds) => `服务器繁忙，${seconds} 秒后重试。`,
  heatMap: "热力图",
  heatMapOf: (name) => `${name} 的热力图`,
  heatMapRunning: "正在计算热力图",
  heatMapFailed: "无法得到热力图。",
  opacity: "热力图不透明度",
  classesLegend: "按概率排列的类别；选择一个以查看其热力图",
  labelsLegend: (yes, all) => `${all} 个标签中有 ${yes} 个成立`,
  yes: "是",
  no: "否",
  more: (count) => `再显示 ${count} 个`,
  fewer: "收起",
  milliseconds: (value) => `${value} 毫秒`,
  latency: "用时",
  inAll: (value) => `连同传输 ${value} 毫秒`,
  size: "像素",
  bytes: "文件",
  summary: (count, median) => `${count} 张图片${median ? ` · 中位数 ${median} 毫秒` : ""}`,
  announceOne: (name, result) => `${name}：${result}`,
  announceMany: (done, all) => `${all} 张图片已完成 ${done} 张`,
  removed: (name) => `已移除 ${name}`,
  again: "重试",
  token: "访问令牌",
  tokenNote: "服务器需要令牌。令牌只保留到此标签页关闭为止。",
  tokenUse: "继续",
  tokenWrong: "服务器不接受这个令牌。",
  noModels: "服务器没有加载任何模型。",
  error0: "无法连接服务器。",
  error400: "服务器无法识别这种图片。",
  error401: "服务器需要令牌。",
  error404: "服务器上已没有这个模型。",
  error413: "图片太大，服务器不接受。",
  error415: "服务器无法识别这种图片。",
  error503: "服务器太忙。",
  errorFile: "无法读取此文件。如果是文件夹，请先打开它。",
  errorAnswer: "无法解析服务器的回答。",
  errorOther: (status) => `服务器报告错误 ${status}。`,
};

const languages = { en: english, "zh-Hans": chinese };
let current = "en";

/** The language that the reader chose before, else the first of the browser's that is here, else English. */
export function preferredLanguage(chosen, wanted) {
  if (chosen in languages) return chosen;
  for (const tag of wanted) {
    if (/^zh\b/i.test(tag)) return "zh-Hans";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "en";
}

export function setLanguage(tag) {
  current = tag;
  document.documentElement.lang = tag;
}

export function text(key, ...values) {
  const entry = languages[current][key];
  return typeof entry === "function" ? entry(...values) : entry;
}

/** What the page says of a failed request. */
export function errorText(status) {
  return languages[current][`error${status}`] ?? text("errorOther", status);
}

// To make a format takes far longer than to use it.
const formats = new Map();

function format(value, least, most) {
  const key = `${current} ${least} ${most}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat(current, { minimumFractionDigits: least, maximumFractionDigits: most }));
  }
  return formats.get(key).format(value);
}

export function number(value, decimals = 0) {
  return format(value, decimals, decimals);
}

/** Milliseconds: a decimal where there are few of them. */
export function duration(value) {
  return number(value, value < 10 ? 1 : 0);
}

/** A probability with one decimal; what would round to none or to all is shown as less or more. */
export function percent(value) {
  if (value > 0 && value < 0.0005) return `<${percent(0.001)}`;
  if (value < 1 && value >= 0.9995) return `>${percent(0.999)}`;
  return `${number(value * 100, 1)}%`;
}

/** A threshold, with no more decimals than it needs. */
export function shortPercent(value) {
  return `${format(value * 100, 0, 1)}%`;
}

export function fileSize(bytes) {
  const units = ["B", "KB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${number(value, unit > 0 && value < 10 ? 1 : 0)} ${units[unit]}`;
}
