/* Every word on the page, in Chinese and English; `say` picks the reader's. */

const WORDS = {
  skip: ["跳到内容", "Skip to content"],
  switchLanguage: ["English", "中文"],
  linkLost: ["连接断开, 正在重连…", "Connection lost, reconnecting…"],
  headline: ["把文字变成影片", "A text becomes a film"],
  subline: [
    "故事、短剧、新闻或科普: 分镜、画面、配音、字幕、配乐, 全部在这台电脑上完成。",
    "A story, a short drama, news or science: shots, pictures, voices, subtitles and music, all made on this computer.",
  ],
  storyLabel: ["文本", "Text"],
  storyPlaceholder: [
    "在这里写下或粘贴文本, 也可以把 .txt .md .fountain .docx 文件拖进来。\n\n例如:\n第一场 内景 咖啡馆 夜\n小明: 你怎么来了?\n小红: (微笑) 路过。",
    "Write or paste a text here, or drop a .txt .md .fountain .docx file.\n\nFor example:\nINT. CAFE - NIGHT\nANNA\nWhat brings you here?\nBEN\n(smiling) Just passing by.",
  ],
  openFile: ["打开文件", "Open a file"],
  mode: ["体裁", "Kind"],
  mode_auto: ["自动", "Auto"],
  mode_drama: ["剧情", "Drama"],
  mode_news: ["新闻", "News"],
  mode_science: ["科普", "Science"],
  mode_narration: ["旁白", "Narration"],
  aspect: ["画幅", "Aspect"],
  length: ["时长", "Length"],
  lengthAuto: ["由文本决定", "As the text needs"],
  seconds: ["{n} 秒", "{n} s"],
  minutes: ["{n} 分钟", "{n} min"],
  voice: ["声音", "Voice"],
  voiceAuto: ["自动", "Auto"],
  voiceSilent: ["无声 (只有字幕)", "Silent (subtitles only)"],
  narratorVoice: ["旁白", "Narrator"],
  listen: ["试听", "Listen"],
  size: ["清晰度", "Size"],
  music: ["配乐", "Music"],
  musicAuto: ["自动", "Auto"],
  musicNone: ["没有", "None"],
  musicCalm: ["平静", "Calm"],
  musicTense: ["紧张", "Tense"],
  musicBright: ["明快", "Bright"],
  musicSolemn: ["庄重", "Solemn"],
  make: ["生成影片", "Make the film"],
  planning: ["正在写分镜…", "Planning the shots…"],
  characters: ["{n} 字", "{n} characters"],
  films: ["影片", "Films"],
  noFilms: ["还没有影片。写一段文字, 点“生成影片”。", "No films yet. Write something and press “Make the film”."],
  episode: ["第 {n} 集", "Episode {n}"],
  more: ["更多", "More"],
  archive: ["归档", "Archive"],
  archived: ["已归档, 可用 ai-video projects restore 恢复", "Archived; ai-video projects restore brings it back"],
  status_draft: ["草稿", "Draft"],
  status_scripted: ["已有剧本", "Scripted"],
  status_storyboarded: ["已有分镜", "Planned"],
  status_generating: ["制作中", "Being made"],
  status_completed: ["已完成", "Done"],
  status_archived: ["已归档", "Archived"],
  back: ["全部影片", "All films"],
  filming: ["正在制作", "Being made"],
  filmingCount: ["{done} / {total} 步", "{done} / {total} steps"],
  firstPictures: ["画好的镜头会立刻出现在下面。", "Shots appear below as soon as they are drawn."],
  noFilmYet: ["还没有成片", "No film yet"],
  makeNow: ["开始制作", "Make it now"],
  updateFilm: ["更新影片", "Update the film"],
  upToDate: ["影片与文本一致", "The film is up to date"],
  willRedo: ["下次渲染会更新", "The next render will update"],
  shotN: ["镜头 {n}", "Shot {n}"],
  wholeFilm: ["成片", "the film"],
  kind_keyframe: ["画面", "picture"],
  kind_clip: ["动态", "motion"],
  kind_voice: ["配音", "voice"],
  kind_segment: ["字幕合段", "segment"],
  kind_composite: ["成片", "film"],
  downloadMp4: ["下载 MP4", "Download MP4"],
  downloadSrt: ["下载 SRT", "Download SRT"],
  version: ["版本 {n}", "Version {n}"],
  undo: ["撤销", "Undo"],
  redo: ["重做", "Redo"],
  shots: ["分镜", "Shots"],
  cast: ["角色与声音", "Characters and voices"],
  noCast: ["这部影片没有角色。", "This film has no characters."],
  appearance: ["外貌", "Appearance"],
  voiceOf: ["{name} 的声音", "Voice of {name}"],
  descriptionOf: ["镜头 {n} 的描述", "Description of shot {n}"],
  lineOf: ["{name} 的台词", "Line of {name}"],
  lock: ["锁定", "Lock"],
  unlock: ["解锁", "Unlock"],
  lockedHint: ["已锁定: 怎么改都不会重做", "Locked: kept whatever changes"],
  ownMedia: ["换成自己的图片或视频", "Use your own picture or clip"],
  playShot: ["播放镜头 {n}", "Play shot {n}"],
  playFromHere: ["从这里播放成片", "Play the film from here"],
  playLine: ["播放这句配音", "Play this voice"],
  waiting: ["等待中", "Waiting"],
  drawing: ["绘制中", "Being drawn"],
  doing: ["正在做{what}", "Making the {what}"],
  changed: ["已修改", "Changed"],
  saved: ["已保存", "Saved"],
  animatic: ["动态分镜", "Animatic"],
  animaticTitle: ["画面由内置的动态分镜绘制", "The pictures are drawn by the built-in animatic"],
  animaticText: [
    "没有连接画面生成服务时, 每个镜头由内置的动态分镜绘制: 场景、人物、天气、镜头运动都按文本来, 不需要显卡和密钥。",
    "With no picture service connected, the built-in animatic draws every shot: place, people, weather and camera move follow the text, with no GPU and no key.",
  ],
  comfyTitle: ["连接 ComfyUI", "Connect ComfyUI"],
  comfyText: [
    "有 ComfyUI 服务器时, 添加它的地址再启动工作室, 同一部影片的镜头就由你的模型来画; 分镜、配音、字幕、剪辑都保持不变, 只重做画面。",
    "If you have a ComfyUI server, add its address, start the studio again and your own models draw the shots of the same film; shots, voices, subtitles and cut stay, only pictures are made again.",
  ],
  comfyNote: [
    "每一步 (另一台机器、缺少的模型、工作流) 见 docs/howto/connect-a-comfyui-server.md。",
    "Every step (another machine, missing models, workflows) is in docs/howto/connect-a-comfyui-server.md.",
  ],
  close: ["关闭", "Close"],
  needsYou: ["有 {n} 步需要你处理", "{n} steps need you"],
  tryAgain: ["重试", "Try again"],
  failed: ["制作中断", "Making stopped"],
  degraded: ["说明", "Notes"],
  offline: ["工作室没有响应。", "The studio does not answer."],
  offlineHint: ["它可能已停止; 重新运行 ai-video studio。", "It may have stopped; run ai-video studio again."],
  notThere: ["没有这部影片。", "There is no such film."],
  sample: ["这是第一次启动: 正在制作样片, 完成后自动播放。", "First start: the sample film is being made and will play when it is done."],
  empty: ["先写一些文字。", "Write something first."],
  narrator: ["旁白", "Narrator"],
};

let language = localStorage.getItem("language")
  ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");

/** The language in use: "zh" or "en". */
export const lang = () => language;

export function setLanguage(next) {
  language = next;
  localStorage.setItem("language", next);
  document.documentElement.lang = next === "zh" ? "zh-Hans" : "en";
}

/** The words for a key, with `{name}` filled from `values`; an unknown key says itself. */
export function say(key, values = {}) {
  const words = WORDS[key];
  if (!words) return key;
  return words[language === "zh" ? 0 : 1].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
