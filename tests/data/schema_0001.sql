BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE asset (
	id CHAR(32) NOT NULL, 
	project_id CHAR(32), 
	kind VARCHAR(24) NOT NULL, 
	origin VARCHAR(24) NOT NULL, 
	name TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	size BIGINT NOT NULL, 
	media_type TEXT NOT NULL, 
	width INTEGER, 
	height INTEGER, 
	duration DOUBLE, 
	licence TEXT NOT NULL, 
	provenance JSON NOT NULL, 
	embedding_state VARCHAR(24) NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_asset PRIMARY KEY (id), 
	CONSTRAINT fk_asset_project_id_project FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE, 
	CONSTRAINT ck_asset_kind CHECK (kind IN ('image', 'video', 'audio', 'subtitle', 'document', 'lora', 'other')), 
	CONSTRAINT ck_asset_origin CHECK (origin IN ('uploaded', 'generated', 'imported')), 
	CONSTRAINT ck_asset_embedding_state CHECK (embedding_state IN ('none', 'pending', 'done'))
);
INSERT INTO "asset" VALUES('0000000000007000800000000000000a','00000000000070008000000000000006','image','uploaded','','0000000000000000000000000000000000000000000000000000000000000000',1,'application/octet-stream',NULL,NULL,NULL,'','{}','none',0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE character (
	id CHAR(32) NOT NULL, 
	project_id CHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	aliases JSON NOT NULL, 
	description TEXT NOT NULL, 
	appearance TEXT NOT NULL, 
	personality TEXT NOT NULL, 
	gender VARCHAR(24), 
	age VARCHAR(24), 
	voice TEXT, 
	reference_assets JSON NOT NULL, 
	face_asset_id CHAR(32), 
	lora_model_id CHAR(32), 
	consistency_level VARCHAR(24), 
	consistency_config JSON NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_character PRIMARY KEY (id), 
	CONSTRAINT fk_character_face_asset_id_asset FOREIGN KEY(face_asset_id) REFERENCES asset (id) ON DELETE SET NULL, 
	CONSTRAINT fk_character_lora_model_id_lora_asset FOREIGN KEY(lora_model_id) REFERENCES lora_asset (id) ON DELETE SET NULL, 
	CONSTRAINT fk_character_project_id_project FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE, 
	CONSTRAINT ck_character_gender CHECK (gender IN ('male', 'female')), 
	CONSTRAINT ck_character_age CHECK (age IN ('child', 'young', 'adult', 'old')), 
	CONSTRAINT ck_character_consistency_level CHECK (consistency_level IN ('low', 'medium', 'high'))
);
INSERT INTO "character" VALUES('00000000000070008000000000000011','00000000000070008000000000000006','文字','[]','','','',NULL,NULL,NULL,'[]','0000000000007000800000000000000a','0000000000007000800000000000000d',NULL,'{"method":null,"parameters":{}}',0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE comfy_server (
	id CHAR(32) NOT NULL, 
	url TEXT NOT NULL, 
	kind VARCHAR(24) NOT NULL, 
	headers JSON NOT NULL, 
	verify_tls BOOLEAN NOT NULL, 
	restart_command JSON NOT NULL, 
	capabilities JSON NOT NULL, 
	health JSON NOT NULL, 
	cost_per_hour DOUBLE, 
	currency TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_comfy_server PRIMARY KEY (id), 
	CONSTRAINT uq_comfy_server_url UNIQUE (url), 
	CONSTRAINT ck_comfy_server_kind CHECK (kind IN ('local', 'lan', 'rented'))
);
INSERT INTO "comfy_server" VALUES('00000000000070008000000000000001','文字','local','{}',1,'[]','{}','{}',NULL,'CNY',0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE comfy_workflow (
	id CHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	description TEXT NOT NULL, 
	category VARCHAR(24) NOT NULL, 
	purpose TEXT NOT NULL, 
	family TEXT, 
	source_format VARCHAR(24) NOT NULL, 
	workflow_json JSON NOT NULL, 
	input_schema JSON NOT NULL, 
	outputs JSON NOT NULL, 
	required_nodes JSON NOT NULL, 
	required_models JSON NOT NULL, 
	unresolved JSON NOT NULL, 
	presets JSON NOT NULL, 
	tags JSON NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_comfy_workflow PRIMARY KEY (id), 
	CONSTRAINT ck_comfy_workflow_category CHECK (category IN ('image', 'video', 'animation')), 
	CONSTRAINT ck_comfy_workflow_source_format CHECK (source_format IN ('api', 'ui'))
);
INSERT INTO "comfy_workflow" VALUES('00000000000070008000000000000002','文字','','image','',NULL,'api','{"名":[1,null,"值"]}','[]','[]','[]','[]','[]','{}','[]',0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE conversation (
	id CHAR(32) NOT NULL, 
	project_id CHAR(32) NOT NULL, 
	title TEXT NOT NULL, 
	provider TEXT NOT NULL, 
	model TEXT NOT NULL, 
	session TEXT, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_conversation PRIMARY KEY (id), 
	CONSTRAINT fk_conversation_project_id_project FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE
);
INSERT INTO "conversation" VALUES('0000000000007000800000000000000b','00000000000070008000000000000006','','','',NULL,0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE conversation_message (
	id CHAR(32) NOT NULL, 
	conversation_id CHAR(32) NOT NULL, 
	number INTEGER NOT NULL, 
	role VARCHAR(24) NOT NULL, 
	text TEXT NOT NULL, 
	tools JSON NOT NULL, 
	state VARCHAR(24) NOT NULL, 
	error JSON, 
	provider TEXT NOT NULL, 
	model TEXT NOT NULL, 
	usage JSON NOT NULL, 
	holder JSON NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_conversation_message PRIMARY KEY (id), 
	CONSTRAINT fk_conversation_message_conversation_id_conversation FOREIGN KEY(conversation_id) REFERENCES conversation (id) ON DELETE CASCADE, 
	CONSTRAINT uq_conversation_message_conversation_id_number UNIQUE (conversation_id, number), 
	CONSTRAINT ck_conversation_message_role CHECK (role IN ('user', 'assistant')), 
	CONSTRAINT ck_conversation_message_state CHECK (state IN ('running', 'done', 'interrupted', 'failed'))
);
INSERT INTO "conversation_message" VALUES('00000000000070008000000000000012','0000000000007000800000000000000b',1,'user','','[]','done',NULL,'','','{}','{}',0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE cost (
	id CHAR(32) NOT NULL, 
	at DATETIME NOT NULL, 
	amount DOUBLE, 
	currency TEXT NOT NULL, 
	unit TEXT NOT NULL, 
	provider TEXT NOT NULL, 
	attempt_id CHAR(32), 
	project_id CHAR(32), 
	storyboard_id CHAR(32), 
	model TEXT, 
	task TEXT, 
	input_tokens INTEGER, 
	output_tokens INTEGER, 
	CONSTRAINT pk_cost PRIMARY KEY (id), 
	CONSTRAINT fk_cost_project_id_project FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE SET NULL, 
	CONSTRAINT fk_cost_storyboard_id_storyboard FOREIGN KEY(storyboard_id) REFERENCES storyboard (id) ON DELETE SET NULL
);
INSERT INTO "cost" VALUES('0000000000007000800000000000001b','2026-01-02 03:04:05.678901',1.0,'文字','文字','文字','0000000000007000800000000000001b','00000000000070008000000000000006','00000000000070008000000000000018','文字','文字',1,1);
CREATE TABLE draft (
	id CHAR(32) NOT NULL, 
	project_id CHAR(32) NOT NULL, 
	idea TEXT NOT NULL, 
	mode VARCHAR(24) NOT NULL, 
	lang VARCHAR(24) NOT NULL, 
	length DOUBLE, 
	title TEXT NOT NULL, 
	logline TEXT NOT NULL, 
	world TEXT NOT NULL, 
	keywords JSON NOT NULL, 
	characters JSON NOT NULL, 
	scenes JSON NOT NULL, 
	outline JSON NOT NULL, 
	script TEXT NOT NULL, 
	left_out JSON NOT NULL, 
	written_by TEXT NOT NULL, 
	state VARCHAR(24) NOT NULL, 
	episode_id CHAR(32), 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_draft PRIMARY KEY (id), 
	CONSTRAINT fk_draft_episode_id_episode FOREIGN KEY(episode_id) REFERENCES episode (id) ON DELETE SET NULL, 
	CONSTRAINT fk_draft_project_id_project FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE, 
	CONSTRAINT ck_draft_mode CHECK (mode IN ('drama', 'news', 'science', 'narration')), 
	CONSTRAINT ck_draft_lang CHECK (lang IN ('zh', 'en')), 
	CONSTRAINT ck_draft_state CHECK (state IN ('open', 'accepted'))
);
INSERT INTO "draft" VALUES('00000000000070008000000000000013','00000000000070008000000000000006','文字','drama','zh',NULL,'文字','','','[]','[]','[]','[]','','[]','','open','0000000000007000800000000000000c',0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE enabled_model (
	id CHAR(32) NOT NULL, 
	name VARCHAR(24) NOT NULL, 
	url TEXT NOT NULL, 
	model TEXT NOT NULL, 
	key_env TEXT NOT NULL, 
	input_price DOUBLE, 
	output_price DOUBLE, 
	own_settings BOOLEAN NOT NULL, 
	accepted_at DATETIME NOT NULL, 
	accepted_by TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_enabled_model PRIMARY KEY (id), 
	CONSTRAINT uq_enabled_model_name UNIQUE (name), 
	CONSTRAINT ck_enabled_model_name CHECK (name IN ('claude-code', 'anthropic', 'openai'))
);
INSERT INTO "enabled_model" VALUES('00000000000070008000000000000003','claude-code','','','',NULL,NULL,0,'2026-01-02 03:04:05.678901','user',0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE episode (
	id CHAR(32) NOT NULL, 
	project_id CHAR(32) NOT NULL, 
	title TEXT NOT NULL, 
	synopsis TEXT NOT NULL, 
	"order" INTEGER NOT NULL, 
	status VARCHAR(24) NOT NULL, 
	mode VARCHAR(24), 
	length DOUBLE, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_episode PRIMARY KEY (id), 
	CONSTRAINT fk_episode_project_id_project FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE, 
	CONSTRAINT ck_episode_status CHECK (status IN ('draft', 'scripted', 'storyboarded', 'generating', 'completed', 'archived')), 
	CONSTRAINT ck_episode_mode CHECK (mode IN ('drama', 'news', 'science', 'narration'))
);
INSERT INTO "episode" VALUES('0000000000007000800000000000000c','00000000000070008000000000000006','文字','',1,'draft',NULL,NULL,0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE episode_edit (
	id CHAR(32) NOT NULL, 
	episode_id CHAR(32) NOT NULL, 
	number INTEGER NOT NULL, 
	undone BOOLEAN NOT NULL, 
	label TEXT NOT NULL, 
	"before" JSON NOT NULL, 
	"after" JSON NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_episode_edit PRIMARY KEY (id), 
	CONSTRAINT fk_episode_edit_episode_id_episode FOREIGN KEY(episode_id) REFERENCES episode (id) ON DELETE CASCADE, 
	CONSTRAINT uq_episode_edit_episode_id_number UNIQUE (episode_id, number)
);
INSERT INTO "episode_edit" VALUES('00000000000070008000000000000014','0000000000007000800000000000000c',1,0,'','{}','{}',0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE event (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at DATETIME NOT NULL, 
	type TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	data JSON NOT NULL
);
INSERT INTO "event" VALUES(1,'2026-01-02 03:04:05.678901','文字','文字','{"名":[1,null,"值"]}');
CREATE TABLE generated_video (
	id CHAR(32) NOT NULL, 
	episode_id CHAR(32) NOT NULL, 
	asset_id CHAR(32) NOT NULL, 
	version INTEGER NOT NULL, 
	composition_config JSON NOT NULL, 
	fingerprint TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_generated_video PRIMARY KEY (id), 
	CONSTRAINT fk_generated_video_asset_id_asset FOREIGN KEY(asset_id) REFERENCES asset (id) DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT fk_generated_video_episode_id_episode FOREIGN KEY(episode_id) REFERENCES episode (id) ON DELETE CASCADE, 
	CONSTRAINT uq_generated_video_episode_id_version UNIQUE (episode_id, version)
);
INSERT INTO "generated_video" VALUES('00000000000070008000000000000015','0000000000007000800000000000000c','0000000000007000800000000000000a',1,'{}','',0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE generation_task (
	id CHAR(32) NOT NULL, 
	dag_id CHAR(32) NOT NULL, 
	position INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	part INTEGER, 
	task_type TEXT NOT NULL, 
	status VARCHAR(24) NOT NULL, 
	priority INTEGER NOT NULL, 
	input_params JSON NOT NULL, 
	storyboard_id CHAR(32), 
	line_id CHAR(32), 
	workflow_id CHAR(32), 
	pending_parents INTEGER NOT NULL, 
	fingerprint TEXT, 
	satisfied BOOLEAN NOT NULL, 
	output_assets JSON, 
	output_facts JSON, 
	error_class TEXT, 
	error_code TEXT, 
	error_message TEXT, 
	reason TEXT, 
	attempts INTEGER NOT NULL, 
	retry_count INTEGER NOT NULL, 
	free_retries INTEGER NOT NULL, 
	max_retries INTEGER NOT NULL, 
	retry_delay DOUBLE NOT NULL, 
	timeout DOUBLE NOT NULL, 
	not_before DATETIME, 
	cancelling BOOLEAN NOT NULL, 
	resource_requirements JSON NOT NULL, 
	version INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	started_at DATETIME, 
	completed_at DATETIME, 
	CONSTRAINT pk_generation_task PRIMARY KEY (id), 
	CONSTRAINT fk_generation_task_dag_id_task_dag FOREIGN KEY(dag_id) REFERENCES task_dag (id) ON DELETE CASCADE, 
	CONSTRAINT ck_generation_task_status CHECK (status IN ('pending', 'running', 'completed', 'failed', 'retry_pending', 'manual_review', 'cancelled', 'skipped'))
);
INSERT INTO "generation_task" VALUES('0000000000007000800000000000001c','00000000000070008000000000000019',1,'文字','文字',1,'文字','pending',1,'{"名":[1,null,"值"]}','0000000000007000800000000000001c','0000000000007000800000000000001c','0000000000007000800000000000001c',1,'文字',1,'{"名":[1,null,"值"]}','{"名":[1,null,"值"]}','文字','文字','文字','文字',1,1,1,1,1.0,1.0,'2026-01-02 03:04:05.678901',1,'{"名":[1,null,"值"]}',1,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE installation (
	name TEXT NOT NULL, 
	id CHAR(32) NOT NULL, 
	CONSTRAINT pk_installation PRIMARY KEY (name)
);
INSERT INTO "installation" VALUES('文字','00000000000070008000000000000005');
CREATE TABLE line (
	id CHAR(32) NOT NULL, 
	storyboard_id CHAR(32) NOT NULL, 
	"order" INTEGER NOT NULL, 
	character_id CHAR(32), 
	speaker TEXT NOT NULL, 
	text TEXT NOT NULL, 
	delivery TEXT NOT NULL, 
	translation TEXT NOT NULL, 
	pronunciation JSON NOT NULL, 
	voice TEXT, 
	speed DOUBLE NOT NULL, 
	audio_take_id CHAR(32), 
	audio_locked BOOLEAN NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_line PRIMARY KEY (id), 
	CONSTRAINT fk_line_audio_take_id_take FOREIGN KEY(audio_take_id) REFERENCES take (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT fk_line_character_id_character FOREIGN KEY(character_id) REFERENCES character (id) ON DELETE SET NULL, 
	CONSTRAINT fk_line_storyboard_id_storyboard FOREIGN KEY(storyboard_id) REFERENCES storyboard (id) ON DELETE CASCADE
);
INSERT INTO "line" VALUES('0000000000007000800000000000001d','00000000000070008000000000000018',1,'00000000000070008000000000000011','','','','','{}',NULL,1.0,'0000000000007000800000000000001f',0,0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE lora_asset (
	id CHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	description TEXT NOT NULL, 
	type VARCHAR(24) NOT NULL, 
	status VARCHAR(24) NOT NULL, 
	base_model TEXT NOT NULL, 
	base_model_hash TEXT NOT NULL, 
	trigger_words JSON NOT NULL, 
	recommended_weight DOUBLE NOT NULL, 
	weight_range JSON NOT NULL, 
	file_path TEXT NOT NULL, 
	file_size BIGINT NOT NULL, 
	file_hash TEXT NOT NULL, 
	preview_images JSON NOT NULL, 
	training_task_id CHAR(32), 
	metadata JSON NOT NULL, 
	tags JSON NOT NULL, 
	usage_count INTEGER NOT NULL, 
	project_id CHAR(32), 
	created_by TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_lora_asset PRIMARY KEY (id), 
	CONSTRAINT fk_lora_asset_project_id_project FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE SET NULL, 
	CONSTRAINT ck_lora_asset_type CHECK (type IN ('character', 'style', 'concept', 'object')), 
	CONSTRAINT ck_lora_asset_status CHECK (status IN ('pending', 'training', 'ready', 'failed', 'archived'))
);
INSERT INTO "lora_asset" VALUES('0000000000007000800000000000000d','文字','','character','pending','','','[]',0.8,'{"min":0.3,"max":1.0}','',0,'','[]',NULL,'{"rank":null,"alpha":null,"network_type":"","training_steps":null,"naming":"","architecture":"","alternatives":[],"families":[],"certainty":"unknown","evidence":[],"resolution":"","trained_on":"","trained_on_hash":"","precision":"","layers":0,"parameters":0,"text_encoders":[],"file_name":"","sha256":""}','[]',0,'00000000000070008000000000000006','user',0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE lora_training_task (
	id CHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	lora_asset_id CHAR(32), 
	status VARCHAR(24) NOT NULL, 
	type VARCHAR(24) NOT NULL, 
	base_model TEXT NOT NULL, 
	training_images JSON NOT NULL, 
	training_config JSON NOT NULL, 
	regularization_images JSON NOT NULL, 
	trigger_word TEXT NOT NULL, 
	progress JSON NOT NULL, 
	resource_usage JSON NOT NULL, 
	error_message TEXT NOT NULL, 
	started_at DATETIME, 
	completed_at DATETIME, 
	created_by TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_lora_training_task PRIMARY KEY (id), 
	CONSTRAINT fk_lora_training_task_lora_asset_id_lora_asset FOREIGN KEY(lora_asset_id) REFERENCES lora_asset (id) ON DELETE SET NULL, 
	CONSTRAINT ck_lora_training_task_status CHECK (status IN ('preparing', 'queued', 'training', 'completed', 'failed', 'cancelled')), 
	CONSTRAINT ck_lora_training_task_type CHECK (type IN ('character', 'style', 'concept', 'object'))
);
INSERT INTO "lora_training_task" VALUES('00000000000070008000000000000016','文字','0000000000007000800000000000000d','preparing','character','','[]','{}','[]','','{}','{}','',NULL,NULL,'user',0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE model_answer (
	digest TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	provider TEXT NOT NULL, 
	model TEXT NOT NULL, 
	task TEXT NOT NULL, 
	answer TEXT NOT NULL, 
	project_id CHAR(32), 
	CONSTRAINT pk_model_answer PRIMARY KEY (digest), 
	CONSTRAINT fk_model_answer_project_id_project FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE
);
INSERT INTO "model_answer" VALUES('文字','2026-01-02 03:04:05.678901','文字','文字','文字','文字','00000000000070008000000000000006');
CREATE TABLE project (
	id CHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	description TEXT NOT NULL, 
	status VARCHAR(24) NOT NULL, 
	settings JSON NOT NULL, 
	source_path TEXT, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_project PRIMARY KEY (id), 
	CONSTRAINT ck_project_status CHECK (status IN ('draft', 'in_progress', 'completed', 'archived'))
);
INSERT INTO "project" VALUES('00000000000070008000000000000006','文字','','draft','{"style_preset":null,"color_palette":[],"subtitle_style":{"font":"Noto Sans SC","size":56,"colour":"#FFFFFF","outline":3.0,"box":false,"position":"bottom","enabled":true,"karaoke":false,"karaoke_colour":"#FFD24A"},"music_style":"auto","music_asset_id":null,"ambience":true,"title_card":"auto","end_card":"auto","aspect":"16:9","size":"720p","fps":25,"lang":null,"consistency_level":null,"label":true,"voice":null,"narrator_voice":null,"cost_cap":null,"generator":"auto","llm":null,"seed":0,"most_reseeds":2,"judge":"off","generation_parameters":{},"pronunciation":{}}',NULL,0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE proposal (
	id CHAR(32) NOT NULL, 
	conversation_id CHAR(32) NOT NULL, 
	message_id CHAR(32) NOT NULL, 
	tool TEXT NOT NULL, 
	arguments JSON NOT NULL, 
	changes JSON NOT NULL, 
	preview JSON NOT NULL, 
	state VARCHAR(24) NOT NULL, 
	result JSON, 
	holder JSON NOT NULL, 
	decided_at DATETIME, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_proposal PRIMARY KEY (id), 
	CONSTRAINT fk_proposal_conversation_id_conversation FOREIGN KEY(conversation_id) REFERENCES conversation (id) ON DELETE CASCADE, 
	CONSTRAINT fk_proposal_message_id_conversation_message FOREIGN KEY(message_id) REFERENCES conversation_message (id) ON DELETE CASCADE, 
	CONSTRAINT ck_proposal_state CHECK (state IN ('open', 'accepting', 'accepted', 'rejected', 'outdated'))
);
INSERT INTO "proposal" VALUES('0000000000007000800000000000001e','0000000000007000800000000000000b','00000000000070008000000000000012','文字','{}','[]','{}','open',NULL,'{}',NULL,0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE scene (
	id CHAR(32) NOT NULL, 
	project_id CHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	description TEXT NOT NULL, 
	reference_assets JSON NOT NULL, 
	control_assets JSON NOT NULL, 
	style_config JSON NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_scene PRIMARY KEY (id), 
	CONSTRAINT fk_scene_project_id_project FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE
);
INSERT INTO "scene" VALUES('0000000000007000800000000000000f','00000000000070008000000000000006','文字','','[]','{"pose":null,"depth":null,"canny":null}','{"place":null,"slots":{"shot_size":null,"angle":null,"movement":null,"time_of_day":null,"depth_of_field":null,"pace":null,"aspect":null,"weather":[],"light":[],"mood":[],"style":[],"exclude":[],"palette":{"temperature":null,"saturation":null,"contrast":null},"characters":[],"scene":null}}',0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE scheduler_lease (
	name TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	host TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	token INTEGER NOT NULL, 
	until DOUBLE NOT NULL, 
	wake INTEGER NOT NULL, 
	CONSTRAINT pk_scheduler_lease PRIMARY KEY (name)
);
INSERT INTO "scheduler_lease" VALUES('文字','文字','文字',1,1,1.0,1);
CREATE TABLE script (
	id CHAR(32) NOT NULL, 
	episode_id CHAR(32) NOT NULL, 
	content TEXT NOT NULL, 
	structured_content JSON NOT NULL, 
	version INTEGER NOT NULL, 
	degraded JSON NOT NULL, 
	planned BOOLEAN NOT NULL, 
	planned_by TEXT NOT NULL, 
	planned_shots JSON NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_script PRIMARY KEY (id), 
	CONSTRAINT fk_script_episode_id_episode FOREIGN KEY(episode_id) REFERENCES episode (id) ON DELETE CASCADE, 
	CONSTRAINT uq_script_episode_id_version UNIQUE (episode_id, version)
);
INSERT INTO "script" VALUES('00000000000070008000000000000017','0000000000007000800000000000000c','文字','{"名":[1,null,"值"]}',1,'[]',0,'','[]',0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE storyboard (
	id CHAR(32) NOT NULL, 
	episode_id CHAR(32) NOT NULL, 
	scene_number INTEGER NOT NULL, 
	shot_number INTEGER NOT NULL, 
	description TEXT NOT NULL, 
	duration DOUBLE NOT NULL, 
	camera_movement TEXT, 
	characters JSON NOT NULL, 
	scene_id CHAR(32), 
	dialogue TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	thumbnail_asset_id CHAR(32), 
	generation_config JSON NOT NULL, 
	slots JSON NOT NULL, 
	card JSON, 
	source_paragraphs JSON NOT NULL, 
	source_digest TEXT NOT NULL, 
	transition VARCHAR(24) NOT NULL, 
	picture_asset_id CHAR(32), 
	image_take_id CHAR(32), 
	video_take_id CHAR(32), 
	image_locked BOOLEAN NOT NULL, 
	video_locked BOOLEAN NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_storyboard PRIMARY KEY (id), 
	CONSTRAINT fk_storyboard_episode_id_episode FOREIGN KEY(episode_id) REFERENCES episode (id) ON DELETE CASCADE, 
	CONSTRAINT fk_storyboard_image_take_id_take FOREIGN KEY(image_take_id) REFERENCES take (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT fk_storyboard_picture_asset_id_asset FOREIGN KEY(picture_asset_id) REFERENCES asset (id) ON DELETE SET NULL, 
	CONSTRAINT fk_storyboard_scene_id_scene FOREIGN KEY(scene_id) REFERENCES scene (id) ON DELETE SET NULL, 
	CONSTRAINT fk_storyboard_thumbnail_asset_id_asset FOREIGN KEY(thumbnail_asset_id) REFERENCES asset (id) ON DELETE SET NULL, 
	CONSTRAINT fk_storyboard_video_take_id_take FOREIGN KEY(video_take_id) REFERENCES take (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT ck_storyboard_transition CHECK (transition IN ('cut', 'crossfade', 'fade_in', 'fade_out', 'dip', 'wipe'))
);
INSERT INTO "storyboard" VALUES('00000000000070008000000000000018','0000000000007000800000000000000c',1,1,'',4.0,NULL,'[]','0000000000007000800000000000000f','','','0000000000007000800000000000000a','{"output":null,"generator":null,"consistency_level":null,"workflow":null,"preset":null,"seed":null,"parameters":{}}','{"shot_size":null,"angle":null,"movement":null,"time_of_day":null,"depth_of_field":null,"pace":null,"aspect":null,"weather":[],"light":[],"mood":[],"style":[],"exclude":[],"palette":{"temperature":null,"saturation":null,"contrast":null},"characters":[],"scene":null}',NULL,'[]','','cut','0000000000007000800000000000000a','0000000000007000800000000000001f','0000000000007000800000000000001f',0,0,0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE take (
	id CHAR(32) NOT NULL, 
	kind VARCHAR(24) NOT NULL, 
	storyboard_id CHAR(32), 
	line_id CHAR(32), 
	part INTEGER, 
	asset_id CHAR(32) NOT NULL, 
	fingerprint TEXT, 
	seed BIGINT, 
	workflow_json JSON, 
	facts JSON NOT NULL, 
	scores JSON NOT NULL, 
	defects JSON NOT NULL, 
	verdict VARCHAR(24) NOT NULL, 
	decision JSON NOT NULL, 
	purpose VARCHAR(24) NOT NULL, 
	origin VARCHAR(24) NOT NULL, 
	selected_by VARCHAR(24), 
	task_id CHAR(32), 
	attempt_id CHAR(32), 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_take PRIMARY KEY (id), 
	CONSTRAINT fk_take_asset_id_asset FOREIGN KEY(asset_id) REFERENCES asset (id) DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT fk_take_line_id_line FOREIGN KEY(line_id) REFERENCES line (id) ON DELETE CASCADE, 
	CONSTRAINT fk_take_storyboard_id_storyboard FOREIGN KEY(storyboard_id) REFERENCES storyboard (id) ON DELETE CASCADE, 
	CONSTRAINT ck_take_kind CHECK (kind IN ('image', 'video', 'audio')), 
	CONSTRAINT ck_take_verdict CHECK (verdict IN ('accepted', 'degraded', 'discarded')), 
	CONSTRAINT ck_take_purpose CHECK (purpose IN ('film', 'candidate')), 
	CONSTRAINT ck_take_origin CHECK (origin IN ('generated', 'uploaded')), 
	CONSTRAINT ck_take_selected_by CHECK (selected_by IN ('user', 'auto'))
);
INSERT INTO "take" VALUES('0000000000007000800000000000001f','image','00000000000070008000000000000018','0000000000007000800000000000001d',NULL,'0000000000007000800000000000000a',NULL,NULL,NULL,'{}','{}','[]','accepted','{}','film','generated',NULL,NULL,NULL,0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE task_attempt (
	id CHAR(32) NOT NULL, 
	task_id CHAR(32) NOT NULL, 
	number INTEGER NOT NULL, 
	started_at DATETIME NOT NULL, 
	begun_at DATETIME, 
	ended_at DATETIME, 
	outcome VARCHAR(24), 
	error_class VARCHAR(24), 
	error_code TEXT, 
	message TEXT, 
	worker TEXT NOT NULL, 
	server TEXT, 
	remote_id TEXT, 
	lease_owner TEXT NOT NULL, 
	progress DOUBLE, 
	progress_message TEXT, 
	log_tail TEXT NOT NULL, 
	adoptions INTEGER DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_task_attempt PRIMARY KEY (id), 
	CONSTRAINT fk_task_attempt_task_id_generation_task FOREIGN KEY(task_id) REFERENCES generation_task (id) ON DELETE CASCADE, 
	CONSTRAINT ck_task_attempt_outcome CHECK (outcome IN ('completed', 'failed', 'lost', 'cancelled')), 
	CONSTRAINT ck_task_attempt_error_class CHECK (error_class IN ('transient', 'resource', 'configuration', 'system'))
);
INSERT INTO "task_attempt" VALUES('00000000000070008000000000000020','0000000000007000800000000000001c',1,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901','completed','transient','文字','文字','文字','文字','文字','文字',1.0,'文字','文字',1);
CREATE TABLE task_dag (
	id CHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	episode_id CHAR(32), 
	status VARCHAR(24) NOT NULL, 
	trigger_type VARCHAR(24) NOT NULL, 
	created_by TEXT NOT NULL, 
	total_tasks INTEGER NOT NULL, 
	completed_tasks INTEGER NOT NULL, 
	failed_tasks INTEGER NOT NULL, 
	skipped_tasks INTEGER NOT NULL, 
	cancelled_tasks INTEGER NOT NULL, 
	start_at DATETIME, 
	paused_at DATETIME, 
	cancelling BOOLEAN NOT NULL, 
	version INTEGER NOT NULL, 
	started_at DATETIME, 
	completed_at DATETIME, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_task_dag PRIMARY KEY (id), 
	CONSTRAINT fk_task_dag_episode_id_episode FOREIGN KEY(episode_id) REFERENCES episode (id) ON DELETE SET NULL, 
	CONSTRAINT ck_task_dag_status CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')), 
	CONSTRAINT ck_task_dag_trigger CHECK (trigger_type IN ('manual', 'scheduled', 'api'))
);
INSERT INTO "task_dag" VALUES('00000000000070008000000000000019','文字','0000000000007000800000000000000c','pending','manual','文字',1,1,1,1,1,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901',1,1,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE task_dispatch (
	attempt_id CHAR(32) NOT NULL, 
	worker_id CHAR(32), 
	run_id CHAR(32), 
	remote BOOLEAN NOT NULL, 
	adopt BOOLEAN NOT NULL, 
	cancelling BOOLEAN NOT NULL, 
	told INTEGER NOT NULL, 
	progress DOUBLE, 
	progress_message TEXT NOT NULL, 
	log_tail TEXT NOT NULL, 
	server TEXT, 
	how VARCHAR(24), 
	output_assets JSON, 
	output_facts JSON, 
	error_class VARCHAR(24), 
	error_code TEXT, 
	error_message TEXT, 
	CONSTRAINT pk_task_dispatch PRIMARY KEY (attempt_id), 
	CONSTRAINT fk_task_dispatch_attempt_id_task_attempt FOREIGN KEY(attempt_id) REFERENCES task_attempt (id) ON DELETE CASCADE, 
	CONSTRAINT ck_task_dispatch_how CHECK (how IN ('completed', 'failed', 'lost', 'cancelled', 'given_back', 'died')), 
	CONSTRAINT ck_task_dispatch_error_class CHECK (error_class IN ('transient', 'resource', 'configuration', 'system'))
);
INSERT INTO "task_dispatch" VALUES('00000000000070008000000000000020','00000000000070008000000000000022','00000000000070008000000000000022',1,1,1,1,1.0,'文字','文字','文字','completed','{"名":[1,null,"值"]}','{"名":[1,null,"值"]}','transient','文字','文字');
CREATE TABLE task_edge (
	child_id CHAR(32) NOT NULL, 
	position INTEGER NOT NULL, 
	parent_id CHAR(32) NOT NULL, 
	CONSTRAINT pk_task_edge PRIMARY KEY (child_id, position), 
	CONSTRAINT fk_task_edge_child_id_generation_task FOREIGN KEY(child_id) REFERENCES generation_task (id) ON DELETE CASCADE, 
	CONSTRAINT fk_task_edge_parent_id_generation_task FOREIGN KEY(parent_id) REFERENCES generation_task (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "task_edge" VALUES('0000000000007000800000000000001c',1,'0000000000007000800000000000001c');
CREATE TABLE task_output (
	id INTEGER NOT NULL, 
	mark BIGINT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	assets JSON NOT NULL, 
	facts JSON NOT NULL, 
	task_id CHAR(32), 
	made_at DATETIME NOT NULL, 
	CONSTRAINT pk_task_output PRIMARY KEY (id)
);
INSERT INTO "task_output" VALUES(1,1,'文字','文字','{"名":[1,null,"值"]}','{"名":[1,null,"值"]}','00000000000070008000000000000008','2026-01-02 03:04:05.678901');
CREATE TABLE timeline (
	id CHAR(32) NOT NULL, 
	episode_id CHAR(32) NOT NULL, 
	origin VARCHAR(24) NOT NULL, 
	version INTEGER NOT NULL, 
	document JSON NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_timeline PRIMARY KEY (id), 
	CONSTRAINT fk_timeline_episode_id_episode FOREIGN KEY(episode_id) REFERENCES episode (id) ON DELETE CASCADE, 
	CONSTRAINT uq_timeline_episode_id_version UNIQUE (episode_id, version), 
	CONSTRAINT ck_timeline_origin CHECK (origin IN ('auto', 'edited'))
);
INSERT INTO "timeline" VALUES('0000000000007000800000000000001a','0000000000007000800000000000000c','auto',1,'{}',0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE worker (
	id CHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	host TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	slots INTEGER NOT NULL, 
	beats INTEGER NOT NULL, 
	started_at DATETIME NOT NULL, 
	seen_at DATETIME NOT NULL, 
	CONSTRAINT pk_worker PRIMARY KEY (id)
);
INSERT INTO "worker" VALUES('00000000000070008000000000000009','文字','文字',1,1,1,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE TABLE world_setting (
	id CHAR(32) NOT NULL, 
	project_id CHAR(32) NOT NULL, 
	content TEXT NOT NULL, 
	keywords JSON NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_world_setting PRIMARY KEY (id), 
	CONSTRAINT fk_world_setting_project_id_project FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE
);
INSERT INTO "world_setting" VALUES('00000000000070008000000000000010','00000000000070008000000000000006','','[]',0,'2026-01-02 03:04:05.678901','2026-01-02 03:04:05.678901');
CREATE INDEX ix_comfy_workflow_name ON comfy_workflow (name);
CREATE INDEX ix_project_name ON project (name);
CREATE INDEX ix_task_output_mark ON task_output (mark);
CREATE INDEX ix_asset_project_id ON asset (project_id);
CREATE INDEX ix_asset_sha256 ON asset (sha256);
CREATE INDEX ix_conversation_project_id ON conversation (project_id);
CREATE INDEX ix_conversation_message_state ON conversation_message (state);
CREATE INDEX ix_proposal_conversation_id ON proposal (conversation_id);
CREATE INDEX ix_proposal_message_id ON proposal (message_id);
CREATE INDEX ix_proposal_state ON proposal (state);
CREATE INDEX ix_episode_project_id ON episode (project_id);
CREATE INDEX ix_draft_episode_id ON draft (episode_id);
CREATE INDEX ix_draft_project_id ON draft (project_id);
CREATE INDEX ix_lora_asset_base_model ON lora_asset (base_model);
CREATE INDEX ix_lora_asset_project_id_type ON lora_asset (project_id, type);
CREATE INDEX ix_lora_asset_tags ON lora_asset (tags);
CREATE INDEX ix_scene_project_id ON scene (project_id);
CREATE INDEX ix_world_setting_project_id ON world_setting (project_id);
CREATE INDEX ix_character_face_asset_id ON character (face_asset_id);
CREATE INDEX ix_character_lora_model_id ON character (lora_model_id);
CREATE INDEX ix_character_project_id ON character (project_id);
CREATE INDEX ix_episode_edit_episode_id ON episode_edit (episode_id);
CREATE INDEX ix_generated_video_asset_id ON generated_video (asset_id);
CREATE INDEX ix_generated_video_episode_id ON generated_video (episode_id);
CREATE INDEX ix_lora_training_task_lora_asset_id ON lora_training_task (lora_asset_id);
CREATE INDEX ix_script_episode_id ON script (episode_id);
CREATE INDEX ix_storyboard_episode_id_shot_number ON storyboard (episode_id, shot_number);
CREATE INDEX ix_storyboard_image_take_id ON storyboard (image_take_id);
CREATE INDEX ix_storyboard_picture_asset_id ON storyboard (picture_asset_id);
CREATE INDEX ix_storyboard_scene_id ON storyboard (scene_id);
CREATE INDEX ix_storyboard_thumbnail_asset_id ON storyboard (thumbnail_asset_id);
CREATE INDEX ix_storyboard_video_take_id ON storyboard (video_take_id);
CREATE INDEX ix_cost_attempt_id ON cost (attempt_id);
CREATE INDEX ix_cost_project_id ON cost (project_id);
CREATE INDEX ix_cost_storyboard_id ON cost (storyboard_id);
CREATE INDEX ix_model_answer_project_id ON model_answer (project_id);
CREATE INDEX ix_task_dag_episode_id ON task_dag (episode_id);
CREATE INDEX ix_task_dag_status ON task_dag (status);
CREATE INDEX ix_timeline_episode_id ON timeline (episode_id);
CREATE UNIQUE INDEX ix_generation_task_dag_id_position ON generation_task (dag_id, position);
CREATE INDEX ix_line_audio_take_id ON line (audio_take_id);
CREATE INDEX ix_line_character_id ON line (character_id);
CREATE INDEX ix_line_storyboard_id_order ON line (storyboard_id, "order");
CREATE INDEX ix_take_asset_id ON take (asset_id);
CREATE INDEX ix_take_fingerprint ON take (fingerprint);
CREATE INDEX ix_take_line_id ON take (line_id);
CREATE INDEX ix_take_storyboard_id ON take (storyboard_id);
CREATE INDEX ix_take_task_id ON take (task_id);
CREATE UNIQUE INDEX ix_task_attempt_task_id_number ON task_attempt (task_id, number);
CREATE INDEX ix_task_edge_parent_id ON task_edge (parent_id);
CREATE INDEX ix_task_dispatch_worker_id ON task_dispatch (worker_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('event',1);
COMMIT;
